// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.Errno;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftElements;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.NftSet.Flag;
import dev.sluice.linux.nftables.Nftables.SetHeader;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.testkit.fake.NftTransaction.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Changes of sets and elements within one transaction. */
final class NftSetChanges {
    private static final int LONGEST_COMMENT = 127;

    private final Deque<Runnable> undo;
    private final Set<Table> unchecked;

    /**
     * @param undo gets what takes each change back
     * @param unchecked gets the tables in which something leads to another place than before
     */
    NftSetChanges(Deque<Runnable> undo, Set<Table> unchecked) {
        this.undo = undo;
        this.unchecked = unchecked;
    }

    int add(FakeNftTable table, NftSet set) {
        NftElements old = table.sets().get(set.name());
        if (set.timeout().isPositive() && !set.flags().contains(Flag.TIMEOUT)) {
            return Errno.EINVAL;
        }
        if (old != null && !SetHeader.of(set).equals(SetHeader.of(old.set()))) {
            return Errno.EEXIST;
        }
        if (old == null) {
            table.sets().put(set.name(), new NftElements(set));
            undo.push(() -> table.sets().remove(set.name()));
        }
        return 0;
    }

    int delete(FakeNftTable table, String name) {
        NftElements elements = table.sets().get(name);
        if (elements == null) {
            return Errno.ENOENT;
        }
        if (table.setUses().getOrDefault(name, 0) > 0) {
            return Errno.EBUSY;
        }
        elements.all().forEach(element -> countChain(table, element, -1));
        return removeInOrder(table.sets(), name);
    }

    int flush(FakeNftTable table, NftElements elements) {
        List.copyOf(elements.all()).forEach(element -> remove(table, elements, element));
        return 0;
    }

    int addAll(NftCommand command, FakeNftTable table, NftElements elements, List<SetElement> added) throws Refusal {
        for (SetElement element : added) {
            int errno = add(table, elements, element);
            if (errno != 0) {
                throw new Refusal(command, element, errno);
            }
        }
        return 0;
    }

    private int add(FakeNftTable table, NftElements elements, SetElement element) {
        int errno = NftElementCheck.errno(table, elements.set(), element);
        if (errno != 0) {
            return errno;
        }
        Optional<SetElement> same = elements.same(element);
        if (same.isPresent()) {
            return again(elements, same.get(), element);
        }
        if (NftElementCheck.overlaps(elements, element)) {
            return Errno.EEXIST;
        }
        if (!NftElementCheck.isOrdered(elements.set(), element)) {
            return Errno.EINVAL;
        }
        if (elements.set().size() > 0 && elements.size() >= elements.set().size()) {
            return Errno.ENFILE;
        }
        SetElement kept = element.withComment(cut(element.comment()));
        elements.put(kept);
        undo.push(() -> elements.remove(kept));
        countChain(table, kept, 1);
        if (kept.value() instanceof Verdict) {
            unchecked.add(table.table());
        }
        return 0;
    }

    /** The same element gets another time (since Linux 6.12), and nothing else. */
    private int again(NftElements elements, SetElement old, SetElement element) {
        if (!Objects.equals(old.value(), element.value())) {
            return Errno.EEXIST;
        }
        elements.put(new SetElement(old.key(), old.end(), old.value(), element.timeout(), old.comment(), old.limit()));
        undo.push(() -> elements.put(old));
        return 0;
    }

    int deleteAll(NftCommand command, FakeNftTable table, NftElements elements, List<SetElement> deleted)
            throws Refusal {
        for (SetElement element : deleted) {
            int errno = NftElementCheck.keyErrno(elements.set(), element);
            // the kernel looks for the first key only, also in ranges
            Optional<SetElement> same = elements.set().hasConcatenatedRanges() && errno == 0
                    ? elements.find(element.key())
                    : elements.same(element);
            if (errno != 0 || same.isEmpty()) {
                throw new Refusal(command, element, errno != 0 ? errno : Errno.ENOENT);
            }
            remove(table, elements, same.get());
        }
        return 0;
    }

    private void remove(FakeNftTable table, NftElements elements, SetElement element) {
        elements.remove(element);
        undo.push(() -> elements.put(element));
        countChain(table, element, -1);
    }

    private void countChain(FakeNftTable table, SetElement element, int by) {
        if (element.value() instanceof Verdict verdict && !verdict.chain().isEmpty()) {
            count(table.chainUses(), verdict.chain(), by);
        }
    }

    void count(Map<String, Integer> uses, String name, int by) {
        uses.merge(name, by, Integer::sum);
        undo.push(() -> uses.merge(name, -by, Integer::sum));
    }

    /** Removes an entry, so that undoing puts it back to its place. */
    <T> int removeInOrder(Map<String, T> from, String name) {
        Map<String, T> before = new LinkedHashMap<>(from);
        from.remove(name);
        undo.push(() -> {
            from.clear();
            from.putAll(before);
        });
        return 0;
    }

    /** As the message is written. */
    static String cut(String comment) {
        byte[] bytes = comment.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= LONGEST_COMMENT
                ? comment
                : new String(Arrays.copyOf(bytes, LONGEST_COMMENT), StandardCharsets.UTF_8);
    }
}
