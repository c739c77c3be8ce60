// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MasqueradeSource;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.Reject;
import dev.sluice.nftables.config.NftablesConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules that are there whatever the Services are.
 *
 * <p>A packet that looks sets up while a transaction is committed may see the state before it in one rule and the one
 * after it in the next, and then finds no endpoint although there was one all the time. So who has a number but no
 * endpoint is led through the rules once more.
 */
final class FixedChains {
    static final String BEFORE_NAT = "filter-output-before-nat";
    static final String OUTPUT_NAT = "nat-output";
    private static final String SERVICES = "services";
    static final String BALANCE = "balance";
    private static final String LOCAL_POLICY = "local-policy";
    private static final String MASQUERADING = "masquerading";
    private static final String SOURCES = "source-check";
    private static final String LIMITS = "connection-limit";
    private static final String OVER_LIMIT = "connection-limit-check";
    private static final String ENDPOINTS = "endpoint-check";
    static final String NODE_PORT_ENDPOINTS = "nodeport-endpoint-check";
    private static final String CLUSTER_ADDRESSES = "cluster-ips-check";

    /** The chains without a hook. */
    static final List<String> NAMES = List.of(
            SERVICES,
            BALANCE,
            LOCAL_POLICY,
            MASQUERADING,
            SOURCES,
            LIMITS,
            OVER_LIMIT,
            ENDPOINTS,
            NODE_PORT_ENDPOINTS,
            CLUSTER_ADDRESSES);

    private static final int VALUE = 8;

    private final NftablesConfig config;
    private final PacketFields fields;
    private final List<NftRule> rules = new ArrayList<>();

    FixedChains(NftablesConfig config) {
        this.config = config;
        this.fields = new PacketFields(config.family());
    }

    List<NftRule> rules() {
        hooks();
        services();
        balance();
        localPolicy();
        masquerading();
        limits();
        checks();
        return rules;
    }

    private void hooks() {
        for (String chain : List.of("filter-prerouting", BEFORE_NAT)) {
            rule(chain, "").add(PacketFields.newConnection()).jump(SOURCES);
            rule(chain, "").add(PacketFields.firstPacket()).jump(LIMITS);
        }
        rule("filter-input", "").add(PacketFields.newConnection()).jump(NODE_PORT_ENDPOINTS);
        for (String chain : List.of("filter-input", "filter-forward", "filter-output")) {
            rule(chain, "").add(PacketFields.newConnection()).jump(ENDPOINTS);
        }
        for (String chain : List.of("filter-forward", "filter-output")) {
            rule(chain, "").add(PacketFields.newConnection()).jump(CLUSTER_ADDRESSES);
        }
        for (String chain : List.of("nat-prerouting", OUTPUT_NAT)) {
            rule(chain, "").jump(SERVICES);
            rule(chain, "once more, for who came amid a change")
                    .add(PacketFields.any(MetaField.Key.PRIORITY, PacketNumber.MARKER))
                    .jump(SERVICES);
        }
        rule("nat-postrouting", "").jump(MASQUERADING);
    }

    private void services() {
        List<Expression> foreign = fields.pods(config.localDetector(), false);
        if (config.masqueradeAll()) {
            masquerade(rule(SERVICES, "masquerade all traffic to cluster addresses")
                    .add(fields.destination())
                    .in(ServiceSet.CLUSTER_ADDRESSES));
        } else if (!foreign.isEmpty()) {
            masquerade(rule(SERVICES, "masquerade traffic to cluster addresses from outside the cluster")
                    .add(fields.destination())
                    .in(ServiceSet.CLUSTER_ADDRESSES)
                    .add(foreign));
        }
        rule(SERVICES, "").add(fields.portal()).number(ServiceSet.PORTALS).then(Verdict.goTo(BALANCE));
        toNodePort(SERVICES)
                .add(fields.nodePort())
                .number(ServiceSet.NODE_PORTS)
                .then(Verdict.goTo(BALANCE));
    }

    private Draft toNodePort(String chain) {
        return onlyToNodePorts(rule(chain, ""));
    }

    private Draft onlyToNodePorts(Draft rule) {
        return config.nodePortAddresses().matchesAll()
                ? rule.add(fields.toThisHost()).add(fields.notToLoopback())
                : rule.add(fields.destination()).in(ServiceSet.NODE_PORT_ADDRESSES);
    }

    private void balance() {
        masquerade(rule(BALANCE, "").add(PacketFields.any(MetaField.Key.PRIORITY, PacketNumber.MASQUERADE)));
        rule(BALANCE, "")
                .add(PacketFields.any(MetaField.Key.PRIORITY, PacketNumber.LOCAL_POLICY))
                .jump(LOCAL_POLICY);
        rule(BALANCE, "")
                .add(MetaField.load(MetaField.Key.PRIORITY, 0))
                .add(Bitwise.keepBits(0, PacketNumber.KIND_MASK))
                .add(Lookup.verdict(ServiceSet.KINDS.label(), 0))
                .end();
    }

    private void localPolicy() {
        List<Expression> pods = fields.pods(config.localDetector(), true);
        if (!pods.isEmpty()) {
            rule(LOCAL_POLICY, "Pods use all endpoints")
                    .add(pods)
                    .add(MetaField.load(MetaField.Key.PRIORITY, 0))
                    .number(ServiceSet.SHORT_CIRCUITS)
                    .end();
        }
        masquerade(rule(LOCAL_POLICY, "masquerade traffic of this node").add(fields.fromThisHost()));
        rule(LOCAL_POLICY, "this node uses all endpoints")
                .add(fields.fromThisHost())
                .add(MetaField.load(MetaField.Key.PRIORITY, 0))
                .number(ServiceSet.SHORT_CIRCUITS)
                .end();
    }

    private void masquerading() {
        rule(MASQUERADING, "")
                .add(PacketFields.any(MetaField.Key.PRIORITY, PacketNumber.MARKER))
                .add(Immediate.load(0, Words.number(0)))
                .add(MetaField.set(MetaField.Key.PRIORITY, 0))
                .end();
        rule(MASQUERADING, "")
                .add(PacketFields.any(MetaField.Key.MARK, config.masqueradeMark()))
                .add(PacketFields.invertBits(MetaField.Key.MARK, config.masqueradeMark()))
                .add(new MasqueradeSource())
                .end();
        rule(MASQUERADING, "masquerade endpoints that reach themselves")
                .add(PacketFields.destinationTranslated())
                .add(fields.connection())
                .in(ServiceSet.HAIRPIN)
                .add(new MasqueradeSource())
                .end();
    }

    /** Before translation, where a packet can still be refused. Most find nothing in either map. */
    private void limits() {
        rule(LIMITS, "").add(fields.portal()).number(ServiceSet.LIMITED).then(Verdict.goTo(OVER_LIMIT));
        Draft nodePort = rule(LIMITS, "")
                .add(fields.nodePort())
                .add(Lookup.load(ServiceSet.LIMITED_NODE_PORTS.label(), 0, VALUE));
        onlyToNodePorts(nodePort)
                .add(MetaField.set(MetaField.Key.PRIORITY, VALUE))
                .then(Verdict.goTo(OVER_LIMIT));
        reject(rule(OVER_LIMIT, "more connections than the Service allows")
                .add(MetaField.load(MetaField.Key.PRIORITY, 0))
                .in(ServiceSet.CONNECTION_LIMITS));
    }

    private void checks() {
        rule(SOURCES, "")
                .add(fields.portal())
                .in(ServiceSet.RESTRICTED)
                .add(fields.portalAndClient())
                .add(Lookup.notIn(ServiceSet.ALLOWED.label(), 0))
                .then(Verdict.DROP);
        reject(rule(ENDPOINTS, "").add(fields.portal()).in(ServiceSet.REFUSED));
        rule(ENDPOINTS, "").add(fields.portal()).in(ServiceSet.DROPPED).then(Verdict.DROP);
        reject(toNodePort(NODE_PORT_ENDPOINTS).add(fields.nodePort()).in(ServiceSet.REFUSED_NODE_PORTS));
        toNodePort(NODE_PORT_ENDPOINTS)
                .add(fields.nodePort())
                .in(ServiceSet.DROPPED_NODE_PORTS)
                .then(Verdict.DROP);
        // the first packet went untranslated, and so do those that repeat it
        rule(CLUSTER_ADDRESSES, "who called before the Service was made")
                .add(fields.portal())
                .number(ServiceSet.PORTALS)
                .then(Verdict.RETURN);
        reject(rule(CLUSTER_ADDRESSES, "reject traffic to ports that no Service has")
                .add(fields.destination())
                .in(ServiceSet.CLUSTER_ADDRESSES));
        rule(CLUSTER_ADDRESSES, "drop traffic to cluster addresses that no Service has")
                .add(fields.destinationAndProtocol())
                .in(ServiceSet.SERVICE_RANGES)
                .then(Verdict.DROP);
    }

    private void reject(Draft rule) {
        rule.add(new Reject(config.family())).end();
    }

    private void masquerade(Draft rule) {
        rule.add(PacketFields.setBits(MetaField.Key.MARK, config.masqueradeMark()))
                .end();
    }

    private Draft rule(String chain, String comment) {
        return new Draft(chain, comment);
    }

    /** A rule in the making. */
    private final class Draft {
        private final String chain;
        private final String comment;
        private final List<Expression> expressions = new ArrayList<>();

        Draft(String chain, String comment) {
            this.chain = chain;
            this.comment = comment;
        }

        Draft add(Expression expression) {
            expressions.add(expression);
            return this;
        }

        Draft add(List<Expression> more) {
            expressions.addAll(more);
            return this;
        }

        Draft in(ServiceSet set) {
            return add(Lookup.in(set.label(), 0));
        }

        /** Gives the packet the number that {@code map} has for the key. */
        Draft number(ServiceSet map) {
            return add(Lookup.load(map.label(), 0, VALUE)).add(MetaField.set(MetaField.Key.PRIORITY, VALUE));
        }

        void jump(String to) {
            then(Verdict.jump(to));
        }

        void then(Verdict verdict) {
            add(Immediate.verdict(verdict)).end();
        }

        void end() {
            rules.add(new NftRule(chain, expressions, comment));
        }
    }
}
