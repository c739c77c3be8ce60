// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ResolvedPort.Disposition;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleBuilder;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Renders the rules of one port in the shared chains: which address leads to which of its chains, and what is refused.
 * Without usable endpoints anywhere a port is rejected; where a policy leaves none on this node, it is dropped.
 * Refusals are in filter: a packet that nat has sent to an endpoint no longer matches them.
 */
final class PortDispatchRules {
    private final RenderContext context;
    private final ServicePort service;
    private final PortChainNames chains;
    private final Disposition internal;
    private final Disposition external;
    private final Set<RuleLine> nat = new LinkedHashSet<>();
    private final Set<RuleLine> filter = new LinkedHashSet<>();

    PortDispatchRules(RenderContext context, ResolvedPort port, PortChainNames chains) {
        this.context = context;
        this.service = port.service();
        this.chains = chains;
        this.internal = port.internalDisposition();
        this.external = port.externalDisposition();
        clusterIp();
        service.externalIps().stream().filter(address -> !isRestricted(address)).forEach(this::externalIp);
        service.loadBalancerVips().forEach(this::loadBalancerVip);
        if (service.nodePort() != 0) {
            nodePort();
        }
        if (service.healthCheckNodePort() != 0) {
            healthCheckNodePort();
        }
    }

    List<RuleLine> nat() {
        return List.copyOf(nat);
    }

    List<RuleLine> filter() {
        return List.copyOf(filter);
    }

    private void clusterIp() {
        if (internal == Disposition.FORWARD) {
            String chain = service.internalPolicyLocal() ? chains.local() : chains.cluster();
            nat(SharedChains.SERVICES, to(service.clusterIp(), "cluster IP").jump(chain));
        } else {
            refuse(SharedChains.SERVICES, to(service.clusterIp(), why(internal)), internal);
        }
    }

    private void externalIp(IpAddress address) {
        if (external != Disposition.REJECT) {
            nat(SharedChains.SERVICES, to(address, "external IP").jump(chains.external()));
        }
        refuse(SharedChains.EXTERNAL_SERVICES, to(address, why(external)), external);
    }

    /**
     * Whether source ranges hold for {@code address}: then they also hold where it is an external address at the same
     * time, whose own rule would let everybody in.
     */
    private boolean isRestricted(IpAddress address) {
        return !service.sourceRanges().isEmpty() && service.loadBalancerVips().contains(address);
    }

    private void loadBalancerVip(IpAddress vip) {
        boolean restricted = isRestricted(vip);
        if (external != Disposition.REJECT) {
            String chain = restricted ? chains.firewall() : chains.external();
            nat(SharedChains.SERVICES, to(vip, "loadbalancer IP").jump(chain));
        }
        if (external != Disposition.REJECT && restricted) {
            RuleBuilder rest = to(vip, "traffic not accepted by " + chains.firewall());
            filter(SharedChains.PROXY_FIREWALL, rest.drop());
        }
        refuse(SharedChains.EXTERNAL_SERVICES, to(vip, why(external)), external);
    }

    private void nodePort() {
        if (external != Disposition.REJECT && context.countLocalhost()) {
            // above the plain jump, so that it counts what the plain one would take
            RuleBuilder counted =
                    toNodePort().to(Cidr.loopback(IpFamily.IPV4)).counted(PacketCounter.LOCALHOST_ACCEPTED.label());
            nat(SharedChains.NODE_PORTS, counted.jump(chains.external()));
        }
        if (external != Disposition.REJECT) {
            nat(SharedChains.NODE_PORTS, toNodePort().jump(chains.external()));
        }
        RuleBuilder refused = commented(why(external)).toLocalAddress().port(service.protocol(), service.nodePort());
        refuse(SharedChains.EXTERNAL_SERVICES, refused, external);
    }

    private RuleBuilder toNodePort() {
        return rule().comment(service.name().toString()).port(service.protocol(), service.nodePort());
    }

    private void healthCheckNodePort() {
        RuleBuilder rule = commented("health check node port").port(Protocol.TCP, service.healthCheckNodePort());
        filter(SharedChains.NODE_PORTS, rule.accept());
    }

    private void refuse(String chain, RuleBuilder rule, Disposition disposition) {
        switch (disposition) {
            case REJECT -> filter(chain, rule.reject(context.family()));
            case DROP -> filter(chain, rule.drop());
            case FORWARD -> {}
        }
    }

    private static String why(Disposition disposition) {
        return disposition == Disposition.REJECT ? "has no endpoints" : "has no local endpoints";
    }

    private RuleBuilder to(IpAddress address, String comment) {
        return commented(comment).to(address).port(service.protocol(), service.port());
    }

    private RuleBuilder commented(String comment) {
        return rule().comment(service.name() + " " + comment);
    }

    private void nat(String chain, Rule rule) {
        nat.add(new RuleLine(chain, rule.text()));
    }

    private void filter(String chain, Rule rule) {
        filter.add(new RuleLine(chain, rule.text()));
    }
}
