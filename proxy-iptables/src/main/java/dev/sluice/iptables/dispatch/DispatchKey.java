// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.iptables.render.PortChainNames;
import java.util.Locale;

/**
 * The place of a dispatch rule in its tree: the service address that it names, or else the port of the node. It is read
 * from the rule's text, so a rule's place does not depend on who wrote it. Prefixes are counted in nibbles, four bits
 * from the left.
 *
 * @param high the upper 64 bits of an IPv6 address, otherwise 0
 * @param low the lower 64 bits, or all of a shorter key
 */
record DispatchKey(Space space, long high, long low) {
    /** A kind of keys; each has a tree of its own below the root. */
    enum Space {
        IPV4(32),
        IPV6(128),
        TCP(16),
        UDP(16),
        SCTP(16);

        private final int bits;

        Space(int bits) {
            this.bits = bits;
        }
    }

    /** The key of a rule with {@code -d HOST} or with {@code -p PROTOCOL} and {@code --dport N}. */
    static DispatchKey of(String spec) {
        if (spec.startsWith("-d ")) {
            Cidr destination = Cidr.of(word(spec, 3));
            IpAddress address = destination.base();
            if (destination.length() == address.family().bits()) {
                Space space = address.family() == IpFamily.IPV4 ? Space.IPV4 : Space.IPV6;
                return new DispatchKey(space, address.high(), address.low());
            }
        }
        int protocol = spec.indexOf("-p ");
        int port = spec.lastIndexOf(" --dport ");
        if (protocol < 0 || port < 0) {
            throw new IllegalArgumentException("a dispatch rule names an address or a port: " + spec);
        }
        Space space = Space.valueOf(word(spec, protocol + 3).toUpperCase(Locale.ROOT));
        return new DispatchKey(space, 0, Integer.parseInt(word(spec, port + 9)));
    }

    private static String word(String text, int from) {
        int end = text.indexOf(' ', from);
        return end < 0 ? text.substring(from) : text.substring(from, end);
    }

    int nibbles() {
        return space.bits / 4;
    }

    /** Nibble number {@code i}, 0 to 15. */
    int nibble(int i) {
        int shift = space.bits - 4 * (i + 1);
        return (int) ((shift >= 64 ? high >>> (shift - 64) : low >>> shift) & 0xf);
    }

    /** The number of leading nibbles that both share. */
    int common(DispatchKey other) {
        int i = 0;
        while (i < nibbles() && nibble(i) == other.nibble(i)) {
            i++;
        }
        return i;
    }

    private boolean isAddress() {
        return space == Space.IPV4 || space == Space.IPV6;
    }

    private Cidr network(int nibbles) {
        return new Cidr(new IpAddress(space == Space.IPV4 ? IpFamily.IPV4 : IpFamily.IPV6, high, low), 4 * nibbles);
    }

    private long first(int nibbles) {
        return low & -1L << space.bits - 4 * nibbles & 0xffff;
    }

    private long last(int nibbles) {
        return first(nibbles) | (1L << space.bits - 4 * nibbles) - 1;
    }

    /** The keys with these first {@code nibbles} as part of a chain's name, at most 19 characters. */
    String label(int nibbles) {
        if (!isAddress()) {
            return space.name().toLowerCase(Locale.ROOT) + "-" + first(nibbles) + "-" + last(nibbles);
        }
        String network = network(nibbles).toString();
        return space == Space.IPV4 ? network : PortChainNames.hash(network);
    }

    /** The rule that sends the keys with these first {@code nibbles} to {@code chain}. */
    String jump(int nibbles, String chain) {
        if (isAddress()) {
            Cidr network = network(nibbles);
            return rule().to(network)
                    .comment("service addresses in " + network)
                    .jump(chain)
                    .text();
        }
        int first = (int) first(nibbles);
        int last = (int) last(nibbles);
        return rule().comment("node ports " + first + " to " + last)
                .ports(Protocol.valueOf(space.name()), first, last)
                .jump(chain)
                .text();
    }
}
