// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;

/** What a rule does with a packet that meets all its matches. */
public sealed interface Target {

    /** Appends the words of iptables-save, {@code -j} included; nothing for {@link Standard#CONTINUE}. */
    void print(StringBuilder out);

    /** The kernel's standard targets. */
    enum Standard implements Target {
        ACCEPT,
        DROP,
        RETURN,
        /** The packet continues with the next rule: the target of a rule that names none. */
        CONTINUE;

        @Override
        public void print(StringBuilder out) {
            if (this != CONTINUE) {
                out.append("-j ").append(name());
            }
        }
    }

    /** Goes through {@code chain}, then on with the next rule. */
    record Jump(String chain) implements Target {
        @Override
        public void print(StringBuilder out) {
            out.append("-j ").append(chain);
        }
    }

    /** How a packet is refused. */
    enum Reject implements Target {
        ICMP_PORT_UNREACHABLE("icmp-port-unreachable"),
        ICMP6_PORT_UNREACHABLE("icmp6-port-unreachable"),
        TCP_RESET("tcp-reset");

        private final String with;

        Reject(String with) {
            this.with = with;
        }

        /** The refusal that a client of any protocol notices at once. */
        public static Reject portUnreachable(IpFamily family) {
            return family == IpFamily.IPV4 ? ICMP_PORT_UNREACHABLE : ICMP6_PORT_UNREACHABLE;
        }

        /** The argument of {@code --reject-with}. */
        String with() {
            return with;
        }

        @Override
        public void print(StringBuilder out) {
            out.append("-j REJECT --reject-with ").append(with);
        }
    }

    /** Rewrites the destination. */
    record Dnat(IpAddress address, int port) implements Target {
        @Override
        public void print(StringBuilder out) {
            out.append("-j DNAT --to-destination ").append(address.withPort(port));
        }
    }

    /**
     * Puts the source address into {@code set} for so many {@code seconds}, anew where it is there already. The packet
     * continues with the next rule, also when the set has no room.
     *
     * @param set a set of single addresses whose elements expire
     */
    record RememberSource(String set, int seconds) implements Target {
        @Override
        public void print(StringBuilder out) {
            out.append("-j SET --add-set ").append(set).append(" src --exist --timeout ");
            out.append(seconds);
        }
    }

    /** Sets {@code mark} on the packet's connection, in conntrack, and leaves its other bits alone. */
    record SetConnectionMark(PacketMark mark) implements Target {
        @Override
        public void print(StringBuilder out) {
            RuleText.maskedMark(mark.value(), mark.value(), out.append("-j CONNMARK --set-xmark "));
        }
    }

    /**
     * Rewrites the source to the node's address.
     *
     * @param randomFully whether source ports are picked at random, so that two clients rarely race for one
     */
    record Masquerade(boolean randomFully) implements Target {
        @Override
        public void print(StringBuilder out) {
            out.append(randomFully ? "-j MASQUERADE --random-fully" : "-j MASQUERADE");
        }
    }

    /** Clears the bits of {@code mask} in the packet's mark, then flips those of {@code value}. */
    record SetMark(int value, int mask) implements Target {

        /** Sets the bit and leaves the others alone (given as {@code --or-mark}). */
        static SetMark set(PacketMark mark) {
            return new SetMark(mark.value(), mark.value());
        }

        /** Flips the bit and leaves the others alone (given as {@code --xor-mark}). */
        static SetMark flip(PacketMark mark) {
            return new SetMark(mark.value(), 0);
        }

        /** The mark of a packet that had the mark {@code before}. */
        int applyTo(int before) {
            return before & ~mask ^ value;
        }

        @Override
        public void print(StringBuilder out) {
            RuleText.maskedMark(value, mask, out.append("-j MARK --set-xmark "));
        }
    }
}
