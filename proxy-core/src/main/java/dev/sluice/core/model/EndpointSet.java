// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import java.util.List;

/**
 * The endpoints of one service port as this node may use them. The lists are sorted by
 * {@link Endpoint#socketAddress()} as text.
 *
 * @param cluster for traffic under the Cluster policy: ready endpoints after topology, or serving and terminating ones
 * @param local for traffic under the Local policy, chosen likewise among the endpoints of this node
 * @param reachable the union: every endpoint that traffic may be sent to
 * @param hasUsable whether the service port has a usable endpoint anywhere; distinguishes "drop" from "reject"
 * @param all every endpoint known, usable or not
 */
public record EndpointSet(
        List<Endpoint> cluster, List<Endpoint> local, List<Endpoint> reachable, boolean hasUsable, List<Endpoint> all) {

    public static final EndpointSet EMPTY = new EndpointSet(List.of(), List.of(), List.of(), false, List.of());

    public EndpointSet {
        cluster = List.copyOf(cluster);
        local = List.copyOf(local);
        reachable = List.copyOf(reachable);
        all = List.copyOf(all);
    }
}
