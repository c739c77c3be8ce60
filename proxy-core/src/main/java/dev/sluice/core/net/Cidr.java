// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

import java.util.Optional;

/**
 * An address prefix such as {@code 10.0.0.0/8}. The base is always the network address: host bits are cleared.
 *
 * @param base the network address
 * @param length the number of leading bits that count, 0 to {@link IpFamily#bits()}
 */
public record Cidr(IpAddress base, int length) {
    private static final Cidr V4_LOOPBACK = of("127.0.0.0/8");
    private static final Cidr V6_LOOPBACK = of("::1/128");

    public Cidr {
        if (length < 0 || length > base.family().bits()) {
            throw new IllegalArgumentException("prefix length " + length + " of " + base.family());
        }
        base = mask(base, length);
    }

    /** The prefix that holds just {@code address}. */
    public static Cidr host(IpAddress address) {
        return new Cidr(address, address.family().bits());
    }

    /** {@code 127.0.0.0/8} or {@code ::1/128}. */
    public static Cidr loopback(IpFamily family) {
        return family == IpFamily.IPV4 ? V4_LOOPBACK : V6_LOOPBACK;
    }

    /** @throws IllegalArgumentException when {@code text} is not a prefix */
    public static Cidr of(String text) {
        return parse(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "not a CIDR: '" + text + "' (want ADDRESS/LENGTH, e.g. 10.0.0.0/8)"));
    }

    /** Parses {@code address/length}; an address without a length is invalid, and so is an IPv4-mapped one. */
    public static Optional<Cidr> parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return Optional.empty();
        }
        String digits = text.substring(slash + 1);
        if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        int length = Integer.parseInt(digits);
        String address = text.substring(0, slash);
        // ::ffff:10.0.0.0/104 counts its bits as IPv6, but its address is read as IPv4
        boolean mapped = address.indexOf(':') >= 0;
        return IpAddress.parse(address)
                .filter(base -> !(mapped && base.family() == IpFamily.IPV4))
                .filter(base -> length <= base.family().bits())
                .map(base -> new Cidr(base, length));
    }

    private static IpAddress mask(IpAddress address, int length) {
        if (address.family() == IpFamily.IPV4) {
            long mask = length == 0 ? 0 : 0xffffffffL << (32 - length) & 0xffffffffL;
            return new IpAddress(IpFamily.IPV4, 0, address.low() & mask);
        }
        long high = length == 0 ? 0 : length >= 64 ? -1L : -1L << (64 - length);
        long low = length <= 64 ? 0 : -1L << (128 - length);
        return new IpAddress(IpFamily.IPV6, address.high() & high, address.low() & low);
    }

    public IpFamily family() {
        return base.family();
    }

    /** Whether {@code address} is of this family and inside. */
    public boolean contains(IpAddress address) {
        if (address.family() != base.family()) {
            return false;
        }
        long high = address.high() ^ base.high();
        long low = address.low() ^ base.low();
        if (base.family() == IpFamily.IPV4) {
            return length == 0 || low >>> (32 - length) == 0;
        }
        if (length <= 64) {
            return length == 0 || high >>> (64 - length) == 0;
        }
        return high == 0 && low >>> (128 - length) == 0;
    }

    @Override
    public String toString() {
        return base + "/" + length;
    }
}
