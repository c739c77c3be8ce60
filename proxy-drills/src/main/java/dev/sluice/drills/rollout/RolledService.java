// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.rollout;

import dev.sluice.testkit.lab.DualStackService;
import java.util.Collection;

/** The Service that is rolled out, in both families, as manifests. */
final class RolledService {
    static final DualStackService SERVICE = new DualStackService("rollout", "web", 77, 80, 8080);

    private RolledService() {}

    /**
     * The Service and its slices.
     *
     * @param leaving Pods that are terminating and still serving
     */
    static String yaml(Collection<String> ready, Collection<String> leaving, long drainSeconds) {
        return SERVICE.service("sluice.dev/ipvs-drain-timeout: " + drainSeconds + "s", 0)
                + SERVICE.slices(ready, leaving);
    }
}
