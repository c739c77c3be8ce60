// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.PacketNumber;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is decided about a service port; its elements follow from it.
 *
 * @param port without the endpoints that get no new connections
 * @param problems why it is left out, or what of it is
 */
public record ElementPlan(ResolvedPort port, PoolPair pools, PortOptions options, List<Problem> problems) {

    public ElementPlan {
        problems = List.copyOf(problems);
    }

    /** Whether the whole port is left out. */
    public boolean isLeftOut() {
        for (Problem problem : problems) {
            if (leavesOut(problem)) {
                return true;
            }
        }
        return false;
    }

    /** Whether {@code problem} takes the whole port out of force. */
    public static boolean leavesOut(Problem problem) {
        return problem.severity() == Problem.Severity.SKIPPED;
    }

    /** The pools that there are. */
    public List<Pool> all() {
        Pool cluster = pools.cluster();
        Pool local = pools.local();
        if (cluster == null) {
            return local == null ? List.of() : List.of(local);
        }
        return local == null ? List.of(cluster) : List.of(cluster, local);
    }

    /** The kinds of choice that it needs. */
    public List<Kind> kinds() {
        List<Kind> kinds = new ArrayList<>(2);
        for (Pool pool : all()) {
            Kind kind = kind(pool);
            if (kind != null) {
                kinds.add(kind);
            }
        }
        return kinds;
    }

    /** The numbers of its pools. */
    public List<Integer> poolIds() {
        return all().stream().map(Pool::id).toList();
    }

    /** The number of the pool that stands for the service port where its connections are counted; 0 for none. */
    int limitId() {
        List<Pool> all = all();
        return all.isEmpty() ? 0 : all.getFirst().id();
    }

    /** The kind of {@code pool}, null when there is nothing to choose. */
    public @Nullable Kind kind(Pool pool) {
        if (pool.slots().isEmpty()) {
            return null;
        }
        int slotMap = pool.sticky() ? 0 : PacketNumber.slotMap(pool.id());
        return new Kind(pool.slots().size(), port.service().affinitySeconds(), slotMap, options.choice());
    }
}
