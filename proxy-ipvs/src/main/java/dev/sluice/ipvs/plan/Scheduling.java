// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.Endpoint;
import dev.sluice.linux.ipvs.RealServer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The scheduler and weights of one service port's virtual servers.
 *
 * @param weights the kernel's weight of an endpoint that takes new connections, at least 1
 */
record Scheduling(Schedulers.Choice choice, ToIntFunction<Endpoint> weights) {

    /** That scheduler, with the weights of the objects. */
    static Scheduling plain(Schedulers.Choice choice) {
        return new Scheduling(choice, Endpoint::weight);
    }

    /** Those of {@code endpoints} that take new connections: one of weight 0 drains, as one that Kubernetes removes. */
    static List<Endpoint> accepting(List<Endpoint> endpoints) {
        return endpoints.stream().allMatch(e -> e.weight() > 0)
                ? endpoints
                : endpoints.stream().filter(e -> e.weight() > 0).toList();
    }

    List<RealServer> realServers(List<Endpoint> endpoints) {
        List<RealServer> servers = new ArrayList<>(endpoints.size());
        for (Endpoint endpoint : endpoints) {
            servers.add(new RealServer(endpoint.address(), endpoint.port(), weights.applyAsInt(endpoint)));
        }
        return servers;
    }
}
