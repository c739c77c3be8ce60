// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Computes digests of the chains of a legacy table, without packet counters and without the offsets of chains, which
 * move when a rule before them is added or deleted. In a built-in chain only the rules that jump to a watched chain
 * count.
 *
 * <p>A table is a sequence of entries ({@code struct ipt_entry}, {@code struct ip6t_entry}): header matches, counters,
 * further matches, a target. A user chain begins behind an entry with the target ERROR, which carries its name.
 */
final class TableDigest {
    private static final List<String> HOOKS = List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING");
    private static final long FALLS_THROUGH = 0x66616c6cL;
    private static final int TARGET_HEADER = 32;
    private static final int TARGET_NAME_BYTES = 29;
    private static final int CHAIN_NAME_BYTES = 30;

    private final ByteBuffer entries;
    private final int headerBytes;
    private final int matchedBytes;
    private final Predicate<String> watched;
    private final List<String> names = new ArrayList<>();
    private int[] starts = new int[64];

    private TableDigest(XtablesSocket.Content content, IpFamily family, Predicate<String> watched) {
        entries = content.entries();
        headerBytes = family == IpFamily.IPV4 ? 112 : 168;
        matchedBytes = family == IpFamily.IPV4 ? 84 : 136;
        this.watched = watched;
        findChains(content.hookOffsets());
    }

    /** The digests of the watched chains, and their names. */
    record Result(ChainDigests digests, List<String> chains) {}

    static Result of(XtablesSocket.Content content, IpFamily family, Predicate<String> watched) {
        return new TableDigest(content, family, watched).digest();
    }

    private void findChains(List<Integer> hookOffsets) {
        int[] hooks = hookOffsets.stream().mapToInt(Integer::intValue).toArray();
        int end = entries.limit();
        for (int at = 0; at < end; at = next(at)) {
            for (int hook = 0; hook < hooks.length; hook++) {
                if (hooks[hook] == at) {
                    chain(HOOKS.get(hook), at);
                }
            }
            int target = target(at);
            if (isTarget(target, "ERROR") && next(at) < end) {
                chain(string(target + TARGET_HEADER, CHAIN_NAME_BYTES), next(at));
            }
        }
    }

    private void chain(String name, int start) {
        if (names.size() == starts.length) {
            starts = Arrays.copyOf(starts, starts.length * 2);
        }
        starts[names.size()] = start;
        names.add(name);
    }

    private Result digest() {
        ChainDigests digests = new ChainDigests();
        List<String> chains = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (watched.test(name)) {
                int end = i + 1 < names.size() ? starts[i + 1] : entries.limit();
                digests.put(ChainDigests.key(name), chainDigest(starts[i], end, HOOKS.contains(name)));
                chains.add(name);
            }
        }
        return new Result(digests, chains);
    }

    private long chainDigest(int start, int end, boolean builtIn) {
        long digest = 1;
        for (int at = start; at < end; at = next(at)) {
            int target = target(at);
            boolean standard = isTarget(target, "");
            if (isTarget(target, "ERROR") || builtIn && !(standard && leadsToWatched(at, target))) {
                continue;
            }
            digest = region(digest, at, at + matchedBytes);
            digest = region(digest, at + headerBytes, standard ? target : next(at));
            if (standard) {
                digest = ChainDigests.mix(digest, destination(at, target));
            }
        }
        return digest;
    }

    private boolean leadsToWatched(int at, int target) {
        int index = chainAt(at, target);
        return index >= 0 && watched.test(names.get(index));
    }

    /** The destination of a standard target, independent of offsets. */
    private long destination(int at, int target) {
        int verdict = entries.getInt(target + TARGET_HEADER);
        if (verdict == next(at)) {
            return FALLS_THROUGH;
        }
        int index = chainAt(at, target);
        return index < 0 ? verdict : ChainDigests.key(names.get(index));
    }

    /** The chain that a standard target jumps to, negative for none. */
    private int chainAt(int at, int target) {
        int verdict = entries.getInt(target + TARGET_HEADER);
        return verdict < 0 || verdict == next(at) ? -1 : Arrays.binarySearch(starts, 0, names.size(), verdict);
    }

    private long region(long digest, int from, int to) {
        int at = from;
        long mixed = digest;
        for (; at + 8 <= to; at += 8) {
            mixed = ChainDigests.mix(mixed, entries.getLong(at));
        }
        for (; at + 4 <= to; at += 4) {
            mixed = ChainDigests.mix(mixed, entries.getInt(at));
        }
        return ChainDigests.mix(mixed, to - from);
    }

    private int next(int at) {
        int length = entries.getShort(at + matchedBytes + 6) & 0xffff;
        if (length < headerBytes) {
            throw new IllegalStateException("entry at byte " + at + " of a legacy table claims " + length + " bytes");
        }
        return at + length;
    }

    private int target(int at) {
        return at + (entries.getShort(at + matchedBytes + 4) & 0xffff);
    }

    private boolean isTarget(int target, String name) {
        int length = name.length();
        for (int i = 0; i < length; i++) {
            if (entries.get(target + 2 + i) != name.charAt(i)) {
                return false;
            }
        }
        return length == TARGET_NAME_BYTES || entries.get(target + 2 + length) == 0;
    }

    private String string(int at, int bytes) {
        byte[] text = new byte[bytes];
        entries.get(at, text);
        int length = 0;
        while (length < bytes && text[length] != 0) {
            length++;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }
}
