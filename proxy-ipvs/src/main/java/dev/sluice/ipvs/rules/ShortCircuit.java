// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleBuilder;

/**
 * An external address under {@code externalTrafficPolicy: Local} whose virtual server has only the local endpoints,
 * while others exist: the node and its Pods are sent on to the cluster address, whose virtual server has them all.
 */
public record ShortCircuit(ServicePortName service, VirtualServerKey from, VirtualServerKey to) {

    /** Its rule in {@link IpvsRules#SHORT_CIRCUIT_TO}. */
    public Rule rule() {
        return RuleBuilder.rule()
                .to(from.address())
                .port(from.protocol(), from.port())
                .comment(service.toString())
                .dnat(to.address(), to.port());
    }
}
