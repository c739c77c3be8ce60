// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * An IPv4 or IPv6 address as two machine words: 32 bytes on the heap where {@link InetAddress} takes over 100, and a
 * value that hashes and compares without looking anything up.
 *
 * @param high the upper 64 bits of an IPv6 address, 0 for IPv4
 * @param low the lower 64 bits of an IPv6 address; for IPv4 the address in the lowest 32 bits
 */
public record IpAddress(IpFamily family, long high, long low) implements Comparable<IpAddress> {

    /** The address of {@code bytes}, 4 or 16 of them in network order. An IPv4-mapped IPv6 address stays IPv6. */
    public static IpAddress of(byte[] bytes) {
        return switch (bytes.length) {
            case 4 -> new IpAddress(IpFamily.IPV4, 0, word(bytes, 0, 4));
            case 16 -> new IpAddress(IpFamily.IPV6, word(bytes, 0, 8), word(bytes, 8, 8));
            default -> throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length);
        };
    }

    /** The address of {@code address}. */
    public static IpAddress of(InetAddress address) {
        return of(address.getAddress());
    }

    /**
     * Parses an address.
     *
     * @throws IllegalArgumentException when it is invalid; {@link #parse} returns an empty optional instead
     */
    public static IpAddress of(String text) {
        return parse(text).orElseThrow(() -> new IllegalArgumentException("not an IP address: '" + text + "'"));
    }

    /**
     * Parses an address literal as kube-proxy does: leading zeros in IPv4 octets are decimal, an IPv4-mapped IPv6
     * literal is the IPv4 address, zones are rejected. Never resolves a name.
     */
    public static Optional<IpAddress> parse(String text) {
        return AddressParser.parse(text);
    }

    private static long word(byte[] bytes, int from, int count) {
        long word = 0;
        for (int i = from; i < from + count; i++) {
            word = word << 8 | (bytes[i] & 0xff);
        }
        return word;
    }

    /** The address in network order: 4 or 16 bytes. */
    public byte[] bytes() {
        byte[] bytes = new byte[family.bits() / 8];
        for (int i = 0; i < bytes.length; i++) {
            int fromEnd = bytes.length - 1 - i;
            bytes[i] = (byte) (fromEnd >= 8 ? high >>> (fromEnd - 8) * 8 : low >>> fromEnd * 8);
        }
        return bytes;
    }

    /** This address for the JDK's own networking classes. */
    public InetAddress toInetAddress() {
        try {
            return InetAddress.getByAddress(bytes());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 and 16 bytes are always an address", e);
        }
    }

    /** Whether this is {@code 0.0.0.0} or {@code ::}. */
    public boolean isUnspecified() {
        return high == 0 && low == 0;
    }

    /** Whether this is in {@code 127.0.0.0/8}, or {@code ::1}. */
    public boolean isLoopback() {
        return family == IpFamily.IPV4 ? low >>> 24 == 127 : high == 0 && low == 1;
    }

    /** Whether this is in {@code 169.254.0.0/16} or {@code fe80::/10}. */
    public boolean isLinkLocal() {
        return family == IpFamily.IPV4 ? low >>> 16 == 0xa9fe : high >>> 54 == 0x3fa;
    }

    /** Whether other hosts can reach it: neither loopback nor link-local (IPv6). */
    public boolean isReachable() {
        return !isLoopback() && !(family == IpFamily.IPV6 && isLinkLocal());
    }

    /** {@code 10.0.0.1:80} or {@code [fd00::1]:80}. */
    public String withPort(int port) {
        return family == IpFamily.IPV4 ? this + ":" + port : "[" + this + "]:" + port;
    }

    /**
     * Written out, like {@link #hashCode}: a record's own are method handles, which only the second compiler inlines.
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof IpAddress that && low == that.low && high == that.high && family == that.family;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(31 * high + low) * 31 + family.bits();
    }

    /** IPv4 before IPv6, then by number. */
    @Override
    public int compareTo(IpAddress other) {
        int byFamily = family.compareTo(other.family);
        if (byFamily != 0) {
            return byFamily;
        }
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    /** The canonical text: dotted decimal, or RFC 5952 for IPv6. */
    @Override
    public String toString() {
        return AddressFormat.format(this);
    }
}
