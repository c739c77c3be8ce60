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
 * Renders the chains that belong to one port alone. Traffic marked on its way is masqueraded after routing; an endpoint
 * that reaches itself through its own Service is marked too, or its answers would never come back through the node.
 */
public final class PortChains {
    private final Rendering rendering;
    private final ResolvedPort port;
    private final ServicePort service;
    private final ChainNames names;
    private final Map<String, List<String>> chains = new LinkedHashMap<>();

    private PortChains(Rendering rendering, ResolvedPort port, ChainNames names) {
        this.rendering = rendering;
        this.port = port;
        this.service = port.service();
        this.names = names;
    }

    /** Everything that is in force for {@code port}. */
    public static RenderedPort render(Rendering rendering, ResolvedPort port) {
        ChainNames names = ChainNames.of(port.name());
        DispatchRules dispatch = new DispatchRules(rendering, port, names);
        Map<String, List<String>> chains = new PortChains(rendering, port, names).render();
        return new RenderedPort(dispatch.nat(), dispatch.filter(), chains);
    }

    private Map<String, List<String>> render() {
        boolean any = port.endpoints().any();
        if (any && service.externallyAccessible()) {
            external();
        }
        if (any
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
     * balancer have chosen another node; Pods and the node itself get the service as a whole.
     */
    private void external() {
        List<String> rules = new ArrayList<>();
        if (!service.externalPolicyLocal()) {
            rules.add(external("masquerade traffic for")
                    .jump(FixedChains.MARK_MASQ)
                    .text());
        } else if (hasClusterChain()) {
            if (rendering.knowsPods()) {
                rules.add(external("pod traffic for")
                        .match(LocalTraffic.from(rendering.config().localDetector()))
                        .jump(names.cluster())
                        .text());
            }
            rules.add(external("masquerade LOCAL traffic for")
                    .fromLocalAddress()
                    .jump(FixedChains.MARK_MASQ)
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

    /** What no range lets through stays as it is and is dropped in filter, by the rule for its address. */
    private void firewall() {
        List<String> rules = new ArrayList<>();
        String comment = service.name() + " loadbalancer IP";
        for (Cidr range : service.sourceRanges()) {
            rules.add(rule().comment(comment).from(range).jump(names.external()).text());
        }
        // traffic of the node to the load balancer's address has that address as its source where it is bound here
        IpAddress node = rendering.nodeAddress();
        if (node != null && service.sourceRanges().stream().anyMatch(range -> range.contains(node))) {
            for (IpAddress vip : service.loadBalancerVips()) {
                rules.add(
                        rule().comment(comment).from(vip).jump(names.external()).text());
            }
        }
        rules.add(rule().comment(
                        "other traffic to " + service.name() + " will be dropped by " + FixedChains.PROXY_FIREWALL)
                .noTarget()
                .text());
        chains.put(names.firewall(), List.copyOf(rules));
    }

    private void balanced(String chain, List<Endpoint> endpoints, boolean servesClusterIp) {
        List<String> rules = new ArrayList<>(2 * endpoints.size() + 1);
        if (servesClusterIp && (rendering.config().masqueradeAll() || rendering.knowsPods())) {
            rules.add(masqueraded().text());
        }
        if (service.hasAffinity()) {
            for (Endpoint endpoint : endpoints) {
                String own = ChainNames.endpoint(port.name(), endpoint);
                rules.add(chosen(endpoint)
                        .sourceSeen(rendering.family(), own, service.affinitySeconds())
                        .jump(own)
                        .text());
            }
        }
        for (int i = 0; i < endpoints.size(); i++) {
            RuleBuilder rule = chosen(endpoints.get(i));
            int left = endpoints.size() - i;
            rules.add((left > 1 ? rule.oneIn(left) : rule)
                    .jump(ChainNames.endpoint(port.name(), endpoints.get(i)))
                    .text());
        }
        chains.put(chain, List.copyOf(rules));
    }

    private Rule masqueraded() {
        RuleBuilder rule = rule().comment(service.name() + " cluster IP")
                .to(service.clusterIp())
                .port(service.protocol(), service.port());
        if (!rendering.config().masqueradeAll()) {
            rule.match(LocalTraffic.notFrom(rendering.config().localDetector()));
        }
        return rule.jump(FixedChains.MARK_MASQ);
    }

    private RuleBuilder chosen(Endpoint endpoint) {
        return rendering.comments() ? rule().comment(service.name() + " -> " + endpoint.key()) : rule();
    }

    private void endpoint(Endpoint endpoint) {
        String chain = ChainNames.endpoint(port.name(), endpoint);
        Rule hairpin = named().from(endpoint.address()).jump(FixedChains.MARK_MASQ);
        RuleBuilder target = named();
        if (service.hasAffinity()) {
            target.rememberSource(rendering.family(), chain);
        }
        Rule dnat = target.transport(service.protocol()).dnat(endpoint.address(), endpoint.port());
        chains.put(chain, List.of(hairpin.text(), dnat.text()));
    }

    private RuleBuilder named() {
        return rendering.comments() ? rule().comment(service.name().toString()) : rule();
    }
}
