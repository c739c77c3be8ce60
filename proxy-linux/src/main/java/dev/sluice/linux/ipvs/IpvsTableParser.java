// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of {@code /proc/net/ip_vs} where they stand in the buffer, because with many Services a String for
 * each line and word is most of the cost of a read.
 */
final class IpvsTableParser {
    private static final Map<Protocol, byte[]> NAMES = Arrays.stream(Protocol.values())
            .collect(Collectors.toMap(p -> p, p -> p.name().getBytes(StandardCharsets.US_ASCII)));
    private static final int HEX = 16;

    private final IpFamily family;
    private final Map<VirtualServerKey, List<RealServerState>> table = new HashMap<>();
    private @Nullable List<RealServerState> destinations;
    private byte[] text = new byte[0];
    private int at;
    private int end;

    IpvsTableParser(IpFamily family) {
        this.family = family;
    }

    Map<VirtualServerKey, List<RealServerState>> table() {
        return table;
    }

    /**
     * Parses the whole lines of {@code length} bytes and moves the rest to the front; returns its length.
     */
    int lines(byte[] buffer, int length) {
        text = buffer;
        int from = 0;
        for (int i = 0; i < length; i++) {
            if (buffer[i] == '\n') {
                at = from;
                end = i;
                line();
                from = i + 1;
            }
        }
        System.arraycopy(buffer, from, buffer, 0, length - from);
        return length - from;
    }

    private void line() {
        skipBlanks();
        if (at < end && text[at] == '-') {
            at += "->".length();
            if (destinations != null) {
                destinations.add(destination());
            }
        } else {
            VirtualServerKey key = key();
            destinations = key == null ? null : table.computeIfAbsent(key, k -> new ArrayList<>(4));
        }
    }

    /** Null for the heading, for another family, and for a virtual server by firewall mark. */
    private @Nullable VirtualServerKey key() {
        for (Map.Entry<Protocol, byte[]> name : NAMES.entrySet()) {
            if (isWord(name.getValue())) {
                skipBlanks();
                if (text[at] == '[' != (family == IpFamily.IPV6)) {
                    return null;
                }
                IpAddress address = address();
                return new VirtualServerKey(name.getKey(), address, number(HEX));
            }
        }
        return null;
    }

    private RealServerState destination() {
        skipBlanks();
        IpAddress address = address();
        int port = number(HEX);
        skipBlanks();
        int forwarding = text[at] == 'M' ? 0 : IpvsProtocol.FORWARDING_MASK;
        while (at < end && text[at] != ' ') {
            at++;
        }
        RealServer server = new RealServer(address, port, number(10));
        long active = number(10);
        return new RealServerState(server, forwarding, active, number(10), 0, IpvsStats.ZERO);
    }

    /**
     * Of {@code 0A600032:0050} or {@code [fd00:0096:0000:0000:0000:0000:0000:0032]:0050}; continues behind the last
     * colon.
     */
    private IpAddress address() {
        boolean six = text[at] == '[';
        long high = 0;
        long low = 0;
        for (; at < end && text[at] != ']' && (six || text[at] != ':'); at++) {
            int digit = Character.digit(text[at], HEX);
            if (digit >= 0) {
                high = high << 4 | low >>> 60;
                low = low << 4 | digit;
            }
        }
        at += six ? "]:".length() : ":".length();
        return new IpAddress(six ? IpFamily.IPV6 : IpFamily.IPV4, six ? high : 0, low);
    }

    private int number(int radix) {
        skipBlanks();
        int number = 0;
        for (; at < end; at++) {
            int digit = Character.digit(text[at], radix);
            if (digit < 0) {
                break;
            }
            number = number * radix + digit;
        }
        return number;
    }

    private boolean isWord(byte[] word) {
        int after = at + word.length;
        if (after >= end || text[after] != ' ') {
            return false;
        }
        for (int i = 0; i < word.length; i++) {
            if (text[at + i] != word[i]) {
                return false;
            }
        }
        at = after;
        return true;
    }

    private void skipBlanks() {
        while (at < end && text[at] == ' ') {
            at++;
        }
    }
}
