// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.PacketNumber;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Plans service ports: which pools they have, with which numbers and slots. */
public final class PoolPlanner {
    private static final int MOST_MEMBERS = PacketNumber.LAST_MEMBER + 1;

    private final PoolNumbers numbers;

    public PoolPlanner(PoolNumbers numbers) {
        this.numbers = numbers;
    }

    /**
     * The plan of {@code port}, which takes the numbers that it needs and gives back those that it does not need any
     * more.
     *
     * @param before the pools that it has
     */
    public ElementPlan plan(ResolvedPort port, PoolPair before) {
        Draft draft = new Draft(Weights.usable(port));
        PoolPair pools = draft.pools(before);
        for (Kind kind : draft.planned(pools).kinds()) {
            if (numbers.kind(kind).isEmpty()) {
                draft.leaveOut("all " + PacketNumber.LAST_KIND + " numbers of kinds of choice are taken, each a number"
                        + " of endpoints with an affinity time-out; give Services the same time-out");
            }
        }
        ElementPlan planned = draft.planned(pools);
        if (planned.isLeftOut()) {
            release(pools);
            return draft.planned(PoolPair.NONE);
        }
        return planned;
    }

    /** Gives back the numbers of a port that is gone. */
    public void release(PoolPair pools) {
        free(pools.cluster());
        free(pools.local());
    }

    private void free(@Nullable Pool pool) {
        if (pool != null) {
            numbers.freePool(pool.id());
        }
    }

    /** One plan in the making. */
    private final class Draft {
        private final ResolvedPort port;
        private final ServicePort service;
        private final ProblemList problems;
        private final PortOptions options;

        Draft(ResolvedPort port) {
            this.port = port;
            this.service = port.service();
            this.problems = new ProblemList(ObjectRef.service(port.name().service()));
            this.options = PortOptions.read(service, problems);
        }

        ElementPlan planned(PoolPair pools) {
            return new ElementPlan(port, pools, options, problems.toList());
        }

        PoolPair pools(PoolPair before) {
            List<Endpoint> cluster = port.endpoints().cluster();
            List<Endpoint> local = port.endpoints().local();
            boolean hasCluster = service.usesClusterEndpoints() && !cluster.isEmpty();
            // without an endpoint it still tells traffic of Pods and the node from that of others
            boolean divides = service.externalPolicyLocal() && service.externallyAccessible() && hasCluster;
            boolean hasLocal = service.usesLocalEndpoints() && (!local.isEmpty() || divides);
            return new PoolPair(pool(hasCluster, before.cluster(), cluster), pool(hasLocal, before.local(), local));
        }

        private @Nullable Pool pool(boolean needed, @Nullable Pool before, List<Endpoint> endpoints) {
            if (!needed) {
                free(before);
                return null;
            }
            boolean sticky = service.hasAffinity();
            if (sticky && endpoints.size() > MOST_MEMBERS) {
                problems.ignored(
                        "port " + port.name(),
                        "with session affinity at most " + MOST_MEMBERS + " endpoints are used, not " + endpoints.size()
                                + "; do without affinity, or divide the Service");
            }
            if (before != null) {
                List<Pool.Slot> kept = before.sticky() == sticky ? before.slots() : List.of();
                return new Pool(before.id(), sticky, slots(kept, sticky, endpoints));
            }
            OptionalInt id = numbers.newPool();
            if (id.isEmpty()) {
                leaveOut("all " + PacketNumber.LAST_POOL + " numbers of pools are taken");
                return null;
            }
            return new Pool(id.getAsInt(), sticky, slots(List.of(), sticky, endpoints));
        }

        private List<Pool.Slot> slots(List<Pool.Slot> before, boolean sticky, List<Endpoint> endpoints) {
            return switch (options.choice()) {
                case RANDOM ->
                    !sticky && PoolSlots.isSettled(before, endpoints)
                            ? PoolSlots.settled(before, endpoints)
                            : PoolSlots.assign(before, sticky, Weights.shares(endpoints));
                case CLIENT -> PoolSlots.arrange(before, sticky, HashTable.of(endpoints, Endpoint::weight));
                case ADDRESS -> PoolSlots.arrange(before, sticky, HashTable.of(endpoints, endpoint -> 1));
            };
        }

        void leaveOut(String why) {
            problems.skipped("port " + port.name(), why);
        }
    }
}
