// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.Reject;
import dev.sluice.linux.nftables.expression.SetAddress;
import dev.sluice.nftables.config.NftablesConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules that serve node ports on loopback addresses, without route_localnet.
 *
 * <p>The kernel routes no packet with a loopback address away from the loopback interface, or in from another one. So
 * such an address is kept out of the packet wherever it is routed: a process's packet gets a node address as its source
 * after conntrack has seen it and before its destination is translated, and an answer gets that address again as its
 * destination once conntrack has put the loopback address there; the process's own address follows after routing. All
 * packets but the first take their addresses from conntrack, so that connections outlive their Service's elements.
 */
final class LocalhostChains {
    static final String PREROUTING = "filter-prerouting-after-nat";
    static final String INPUT = "filter-input-after-nat";
    private static final String SOURCES = "localhost-sources";

    /** The chains without a hook. */
    static final List<String> NAMES = List.of(SOURCES);

    private static final int VALUE = 8;
    private static final int BOTH = ConnectionField.SOURCE_TRANSLATED | ConnectionField.DESTINATION_TRANSLATED;

    private final NftablesConfig config;
    private final IpFamily family;
    private final PacketFields fields;
    private final List<NftRule> rules = new ArrayList<>();

    LocalhostChains(NftablesConfig config) {
        this.config = config;
        this.family = config.family();
        this.fields = new PacketFields(family);
    }

    List<NftRule> rules() {
        sources();
        ports();
        refusals();
        answers();
        return rules;
    }

    private void sources() {
        rule(
                FixedChains.BEFORE_NAT,
                "",
                fields.source(true),
                fields.destination(true),
                List.of(Immediate.verdict(Verdict.jump(SOURCES))));
        rule(
                SOURCES,
                "",
                ofTranslated(false),
                List.of(ConnectionField.replyDestination(family, 0), new SetAddress(family, true, 0)));
        rule(
                SOURCES,
                "node ports only",
                PacketFields.newConnection(),
                fields.nodePort(),
                List.of(
                        Lookup.load(ServiceSet.LOCALHOST_NODE_PORTS.label(), 0, VALUE),
                        new SetAddress(family, true, VALUE)));
    }

    /** A packet that still has a loopback source would not be routed: its port is in no hand of ours. */
    private void ports() {
        for (boolean again : new boolean[] {false, true}) {
            rule(
                    FixedChains.OUTPUT_NAT,
                    again ? "once more, for who came amid a change" : "",
                    again ? PacketFields.any(MetaField.Key.PRIORITY, PacketNumber.MARKER) : List.of(),
                    fields.destination(true),
                    fields.source(false),
                    fields.nodePort(),
                    List.of(
                            Lookup.load(ServiceSet.NODE_PORTS.label(), 0, VALUE),
                            MetaField.set(MetaField.Key.PRIORITY, VALUE)),
                    PacketFields.setBits(MetaField.Key.MARK, config.masqueradeMark()),
                    List.of(Immediate.verdict(Verdict.jump(FixedChains.BALANCE))));
        }
    }

    private void refusals() {
        rule(
                FixedChains.NODE_PORT_ENDPOINTS,
                "",
                fields.destination(true),
                fields.nodePort(),
                List.of(Lookup.in(ServiceSet.REFUSED_NODE_PORTS.label(), 0), new Reject(family)));
        rule(
                FixedChains.NODE_PORT_ENDPOINTS,
                "",
                fields.destination(true),
                fields.nodePort(),
                List.of(Lookup.in(ServiceSet.DROPPED_NODE_PORTS.label(), 0), Immediate.verdict(Verdict.DROP)));
    }

    private void answers() {
        rule(
                PREROUTING,
                "",
                fields.destination(true),
                ofTranslated(true),
                List.of(ConnectionField.replyDestination(family, 0), new SetAddress(family, false, 0)));
        rule(
                INPUT,
                "",
                fields.source(true),
                ofTranslated(true),
                List.of(ConnectionField.originalSource(family, 0), new SetAddress(family, false, 0)));
    }

    /** Matches packets of connections with both addresses translated, as those to node ports on loopback addresses. */
    private static List<Expression> ofTranslated(boolean answers) {
        return List.of(
                new ConnectionField(ConnectionField.Key.DIRECTION, 0),
                Compare.equal(0, Words.of(new byte[] {(byte) (answers ? 1 : 0)})),
                new ConnectionField(ConnectionField.Key.STATUS, 0),
                Bitwise.keepBits(0, BOTH),
                Compare.equal(0, Words.number(BOTH)));
    }

    @SafeVarargs
    private void rule(String chain, String comment, List<? extends Expression>... parts) {
        List<Expression> expressions = new ArrayList<>();
        for (List<? extends Expression> part : parts) {
            expressions.addAll(part);
        }
        rules.add(new NftRule(chain, expressions, comment));
    }
}
