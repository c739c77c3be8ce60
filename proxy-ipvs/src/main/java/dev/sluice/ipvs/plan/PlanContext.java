// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of plans besides their service ports.
 *
 * @param refusedSchedulers requested schedulers that the kernel does not have, each with the kernel's answer
 * @param applied the basis of slow start; null while it is not known
 */
public record PlanContext(
        NodeView node,
        Map<String, String> refusedSchedulers,
        @Nullable AppliedObjects applied) {
    public PlanContext {
        refusedSchedulers = Map.copyOf(refusedSchedulers);
    }

    /** The same once the kernel has been read. */
    public PlanContext with(AppliedObjects read) {
        return new PlanContext(node, refusedSchedulers, read);
    }
}
