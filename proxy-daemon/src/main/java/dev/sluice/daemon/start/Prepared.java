// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.daemon.metrics.MetricsPage;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The result of {@link Preparation}: what is found and opened before any rule is written.
 *
 * @param nodeGate holds back what the cluster delivers
 * @param node the daemon's own, if there is one
 * @param families that are served
 * @param serviceLinks the links whose addresses are not the node's, of all modes: another mode may have left its own
 */
public record Prepared(
        String nodeName,
        MetricsPage metrics,
        ModeInUse mode,
        ClusterConnection cluster,
        NodeGate nodeGate,
        Optional<NodeObject> node,
        Set<IpFamily> families,
        List<BackendConfig> configs,
        Set<String> serviceLinks) {}
