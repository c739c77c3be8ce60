// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ResolvedPort.Disposition;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.rules.LocalTraffic;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Renders the chains of one port. Packets marked here are masqueraded after routing. So are those of an endpoint that
 * reaches itself through its own Service: its answers would not return through the node otherwise.
 */
final class PortChains {
    private final RenderContext context;
    private final ResolvedPort port;
    private final ServicePort service;
    private final PortChainNames names;
    private final boolean inSets;
    private final Map<String, List<String>> chains = new LinkedHashMap<>();

    private PortChains(RenderContext context, ResolvedPort port, PortChainNames names) {
        this.context = context;
        this.port = port;
        this.service = port.service();
        this.names = names;
        this.inSets = context.memory().limit(port.name()).isEmpty();
    }

    static Map<String, List<String>> render(RenderContext context, ResolvedPort port, PortChainNames names) {
        return new PortChains(context, port, names).render();
    }

    private Map<String, List<String>> render() {
        boolean hasUsable = port.endpoints().hasUsable();
        if (hasUsable && service.externallyAccessible()) {
            external();
        }
        if (hasUsable
                && !service.loadBalancerVips().isEmpty()
                && !service.sourceRanges().isEmpty()) {
            firewall();
        }
        if (hasClusterChain()) {
            balanced(names.cluster(), port.endpoints().cluster(), !service.internalPolicyLocal());
        }
        if (hasLocalChain()) {
            balanced(names.local(), port.endpoints().local(), service.internalPolicyLocal());
        }
        port.endpoints().reachable().forEach(this::endpoint);
        return chains;
    }

    private boolean hasClusterChain() {
        return service.usesClusterEndpoints() && !port.endpoints().cluster().isEmpty();
    }

    private boolean hasLocalChain() {
        return service.usesLocalEndpoints() && !port.endpoints().local().isEmpty();
    }

    /**
     * Under the Local policy only traffic from outside is bound to local endpoints, because only there could a load
     * balancer have chosen another node. Pods and the node itself reach all endpoints.
     */
    private void external() {
        List<String> rules = new ArrayList<>();
        if (!service.externalPolicyLocal()) {
            rules.add(external("masquerade traffic for")
                    .jump(SharedChains.MARK_MASQ)
                    .text());
        } else if (hasClusterChain()) {
            if (context.knowsPods()) {
                rules.add(external("pod traffic for")
                        .match(LocalTraffic.from(context.config().localDetector()))
                        .jump(names.cluster())
                        .text());
            }
            rules.add(external("masquerade LOCAL traffic for")
                    .fromLocalAddress()
                    .jump(SharedChains.MARK_MASQ)
                    .text());
            rules.add(external("route LOCAL traffic for")
                    .fromLocalAddress()
                    .jump(names.cluster())
                    .text());
        }
        if (port.externalDisposition() == Disposition.FORWARD) {
            rules.add(rule().jump(service.externalPolicyLocal() ? names.local() : names.cluster())
                    .text());
        }
        chains.put(names.external(), List.copyOf(rules));
    }

    private RuleBuilder external(String what) {
        return rule().comment(what + " " + service.name() + " external destinations");
    }

    /** Packets from outside all ranges pass unchanged, and the rule for their address in filter drops them. */
    private void firewall() {
        List<String> rules = new ArrayList<>();
        String comment = service.name() + " loadbalancer IP";
        for (Cidr range : service.sourceRanges()) {
            rules.add(rule().comment(comment).from(range).jump(names.external()).text());
        }
        // where the load balancer's address is bound to this node, the node's own packets to it carry it as their
        // source
        IpAddress node = context.nodeAddress();
        if (node != null && service.sourceRanges().stream().anyMatch(range -> range.contains(node))) {
            for (IpAddress vip : service.loadBalancerVips()) {
                rules.add(
                        rule().comment(comment).from(vip).jump(names.external()).text());
            }
        }
        rules.add(rule().comment(
                        "other traffic to " + service.name() + " will be dropped by " + SharedChains.PROXY_FIREWALL)
                .noTarget()
                .text());
        chains.put(names.firewall(), List.copyOf(rules));
    }

    private void balanced(String chain, List<Endpoint> endpoints, boolean servesClusterIp) {
        List<String> rules = new ArrayList<>(2 * endpoints.size() + 1);
        if (servesClusterIp && (context.config().masqueradeAll() || context.knowsPods())) {
            rules.add(masqueraded().text());
        }
        if (service.hasAffinity()) {
            for (Endpoint endpoint : endpoints) {
                String own = PortChainNames.endpoint(port.name(), endpoint);
                rules.add(remembered(chosen(endpoint), own).jump(own).text());
            }
        }
        for (int i = 0; i < endpoints.size(); i++) {
            RuleBuilder rule = chosen(endpoints.get(i));
            int left = endpoints.size() - i;
            rules.add((left > 1 ? rule.oneIn(left) : rule)
                    .jump(PortChainNames.endpoint(port.name(), endpoints.get(i)))
                    .text());
        }
        chains.put(chain, List.copyOf(rules));
    }

    private RuleBuilder remembered(RuleBuilder rule, String chain) {
        return inSets
                ? rule.sourceRemembered(ClientSetNames.of(context.family(), chain))
                : rule.sourceSeen(context.family(), chain, service.affinitySeconds());
    }

    private Rule masqueraded() {
        RuleBuilder rule = rule().comment(service.name() + " cluster IP")
                .to(service.clusterIp())
                .port(service.protocol(), service.port());
        if (!context.config().masqueradeAll()) {
            rule.match(LocalTraffic.notFrom(context.config().localDetector()));
        }
        return rule.jump(SharedChains.MARK_MASQ);
    }

    private RuleBuilder chosen(Endpoint endpoint) {
        return context.comments() ? rule().comment(service.name() + " -> " + endpoint.socketAddress()) : rule();
    }

    private void endpoint(Endpoint endpoint) {
        String chain = PortChainNames.endpoint(port.name(), endpoint);
        List<String> rules = new ArrayList<>(3);
        rules.add(named().from(endpoint.address()).jump(SharedChains.MARK_MASQ).text());
        RuleBuilder target = named();
        if (service.hasAffinity() && inSets) {
            String set = ClientSetNames.of(context.family(), chain);
            rules.add(named().rememberSource(set, service.affinitySeconds()).text());
        } else if (service.hasAffinity()) {
            target.rememberSource(context.family(), chain);
        }
        rules.add(target.transport(service.protocol())
                .dnat(endpoint.address(), endpoint.port())
                .text());
        chains.put(chain, List.copyOf(rules));
    }

    private RuleBuilder named() {
        return context.comments() ? rule().comment(service.name().toString()) : rule();
    }
}
