// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;

/**
 * Decides which source address an endpoint sees: the client's where kube-proxy leaves it alone, and the node's where it
 * masquerades.
 *
 * @param possible whether this node can use clients' addresses
 * @param masqueradeAll whether nobody's is used towards cluster addresses
 * @param podsKnown whether Pods can be told from clients outside of the cluster
 */
public record SourcePolicy(boolean possible, boolean masqueradeAll, boolean podsKnown) {
    public static final SourcePolicy NODE = new SourcePolicy(false, false, false);

    /** Whether the endpoint sees {@code client}, and not the node. */
    public boolean keeps(
            PortBalancer balancer, PortalScope scope, IpAddress client, IpAddress endpoint, Locality locality) {
        if (!possible
                || balancer.policy().nodeSource()
                // an endpoint that reaches itself would see itself, and answer past the proxy
                || client.equals(endpoint)
                || client.isLinkLocal()
                || locality.isNode(client)) {
            return false;
        }
        ServicePort service = balancer.resolved().service();
        return switch (scope) {
            case INTERNAL -> !masqueradeAll && (!podsKnown || locality.isLocal(client));
            case EXTERNAL -> service.externalPolicyLocal();
        };
    }
}
