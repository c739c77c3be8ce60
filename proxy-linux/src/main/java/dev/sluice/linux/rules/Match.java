// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.IpSet;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A condition of a rule. It prints itself, and {@link PacketTracer} decides whether a packet meets it; the texts were
 * checked against iptables 1.8.9, the nft and the legacy variant, in both families.
 */
public sealed interface Match {

    /** Appends the words of iptables-save. */
    void print(StringBuilder out);

    /** The source address is in {@code range}. */
    record Source(Cidr range, boolean negated) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append(negated ? "! -s " : "-s ").append(range);
        }
    }

    /** The destination address is in {@code range}. */
    record Destination(Cidr range, boolean negated) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append(negated ? "! -d " : "-d ").append(range);
        }
    }

    /** The packet arrived on {@code name}: an interface, or a prefix of names followed by {@code +}. */
    record InInterface(String name, boolean negated) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append(negated ? "! -i " : "-i ").append(name);
        }
    }

    /** The packet is of {@code protocol}. */
    record OfProtocol(Protocol protocol) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append("-p ").append(protocol.lowerCase());
        }
    }

    /**
     * The packet is of {@code protocol} and has a destination port from {@code first} to {@code last}.
     *
     * @param opening only the packet that opens a TCP connection: SYN alone of FIN, SYN, RST and ACK
     */
    record Transport(Protocol protocol, int first, int last, boolean opening) implements Match {
        private static final int LAST = 0xffff;

        public Transport {
            if (first < 0 || first > last || last > LAST || opening && protocol != Protocol.TCP) {
                throw new IllegalArgumentException("ports " + first + " to " + last + " of " + protocol);
            }
        }

        /** Any port of {@code protocol}. */
        static Transport of(Protocol protocol) {
            return new Transport(protocol, 0, LAST, false);
        }

        @Override
        public void print(StringBuilder out) {
            out.append("-m ").append(protocol.lowerCase());
            if (first > 0 || last < LAST) {
                out.append(" --dport ").append(first);
                if (last > first) {
                    out.append(':').append(last);
                }
            }
            if (opening) {
                out.append(" --tcp-flags FIN,SYN,RST,ACK SYN");
            }
        }
    }

    /** Always holds. */
    record Comment(String text) implements Match {
        @Override
        public void print(StringBuilder out) {
            RuleText.quote(text, out.append("-m comment --comment "));
        }
    }

    /** The address on that side is one of the node's own. */
    record LocalAddress(Side side) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append("-m addrtype --").append(side.word()).append("-type LOCAL");
        }
    }

    /** The packet carries {@code mark}. */
    record Marked(PacketMark mark, boolean negated) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append("-m mark ").append(negated ? "! " : "").append("--mark ");
            RuleText.maskedMark(mark.value(), mark.value(), out);
        }
    }

    /** The packet's connection carries {@code mark} in conntrack. */
    record ConnectionMarked(PacketMark mark, boolean negated) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append("-m connmark ").append(negated ? "! " : "").append("--mark ");
            RuleText.maskedMark(mark.value(), mark.value(), out);
        }
    }

    /** The packet is not from the side that opened its connection. */
    record InReply() implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append("-m conntrack --ctdir REPLY");
        }
    }

    /** The packet is for an open socket that may have a foreign address, and is bound to one (IP_TRANSPARENT). */
    record ForTransparentSocket() implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append("-m socket --transparent --nowildcard");
        }
    }

    /** The packet's connection is in one of {@code states}. */
    record InState(Set<ConnectionState> states, boolean negated) implements Match {
        public InState {
            states = Set.copyOf(states);
        }

        @Override
        public void print(StringBuilder out) {
            out.append("-m conntrack ").append(negated ? "! " : "").append("--ctstate ");
            String separator = "";
            for (ConnectionState state : new TreeSet<>(states)) {
                out.append(separator).append(state);
                separator = ",";
            }
        }
    }

    /** Holds by chance, for one packet in {@code n}. */
    record OneIn(int n) implements Match {
        public OneIn {
            if (n < 1) {
                throw new IllegalArgumentException("one in " + n);
            }
        }

        /** The probability as the kernel keeps it: a multiple of 2^-31. */
        public double probability() {
            return (double) RuleText.share(n) / RuleText.WHOLE;
        }

        @Override
        public void print(StringBuilder out) {
            RuleText.probability(n, out.append("-m statistic --mode random --probability "));
        }
    }

    /** Always holds, and puts the source address on {@code list}. */
    record RememberSource(String list, IpFamily family) implements Match {
        @Override
        public void print(StringBuilder out) {
            RuleText.recent("--set", list, family, out);
        }
    }

    /**
     * The source address was put on {@code list} during the last {@code seconds}; older entries are dropped from it.
     */
    record SourceSeen(String list, int seconds, IpFamily family) implements Match {
        @Override
        public void print(StringBuilder out) {
            RuleText.recent("--rcheck --seconds " + seconds + " --reap", list, family, out);
        }
    }

    /** The source address is in {@code set}, where {@link Target.RememberSource} put it: a set of single addresses. */
    record SourceRemembered(String set) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append("-m set --match-set ").append(set).append(" src");
        }
    }

    /**
     * The packet's fields are an element of {@code set}.
     *
     * @param sides whose address or port fills each field of the set's type
     */
    record InSet(IpSet set, List<Side> sides, boolean negated) implements Match {
        public InSet {
            sides = List.copyOf(sides);
        }

        /** {@code set} with the destination's address and port, and the source as second address or range. */
        static InSet of(IpSet set, boolean negated) {
            List<Side> sides = switch (set.type()) {
                case HASH_IP, BITMAP_PORT -> List.of(Side.DESTINATION);
                case HASH_IP_PORT -> List.of(Side.DESTINATION, Side.DESTINATION);
                case HASH_IP_PORT_IP, HASH_IP_PORT_NET -> List.of(Side.DESTINATION, Side.DESTINATION, Side.SOURCE);
            };
            return new InSet(set, sides, negated);
        }

        @Override
        public void print(StringBuilder out) {
            out.append("-m set ").append(negated ? "! " : "").append("--match-set ");
            out.append(set.name());
            char separator = ' ';
            for (Side side : sides) {
                out.append(separator).append(side.word());
                separator = ',';
            }
        }
    }

    /** Always holds, and counts the packet in a named counter of the kernel. libxt_nfacct prints two blanks. */
    record Counted(String counter) implements Match {
        @Override
        public void print(StringBuilder out) {
            out.append("-m nfacct --nfacct-name  ").append(counter);
        }
    }

    /** It is not later than {@code end}, to the second, by the kernel's UTC clock. */
    record Until(Instant end) implements Match {
        public Until {
            end = end.truncatedTo(ChronoUnit.SECONDS);
        }

        @Override
        public void print(StringBuilder out) {
            LocalDateTime utc = LocalDateTime.ofInstant(end, ZoneOffset.UTC);
            out.append("-m time --datestop ").append(DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(utc));
        }
    }
}
