// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.kernel.IpvsKernel;
import dev.sluice.ipvs.plan.Planner;

/** The state and collaborators that all syncs of one family share. */
record SyncParts(IpvsConfig config, IpvsKernel kernel, Planner planner, DrainSweep drains, DriftCheck driftCheck) {}
