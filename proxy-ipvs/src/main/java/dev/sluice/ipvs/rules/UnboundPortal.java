// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleBuilder;

/**
 * An external address and port that is served without being bound, because the address belongs to another node or an
 * endpoint: its new connections are translated to a virtual server of the Service at an address that is local.
 */
public record UnboundPortal(ServicePortName service, VirtualServerKey from, VirtualServerKey to) {

    /** Its rule in {@link IpvsRules#UNBOUND_TO}. */
    public Rule rule() {
        return RuleBuilder.rule()
                .to(from.address())
                .port(from.protocol(), from.port())
                .comment(service.toString())
                .dnat(to.address(), to.port());
    }

    /** The same for all unbound addresses that have such a portal. */
    Rule ruleOfAnyAddress() {
        return RuleBuilder.rule()
                .port(from.protocol(), from.port())
                .comment(service.toString())
                .dnat(to.address(), to.port());
    }
}
