// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.daemon.config.Settings.DetectLocal;
import java.util.List;
import java.util.Optional;

/** Chooses the detector of local traffic for a family (kube-proxy 1.36). */
public final class LocalDetectors {
    private LocalDetectors() {}

    /** The detector; empty where the mode has no range for {@code family}. */
    public static LocalDetector of(DetectLocal settings, IpFamily family, Optional<NodeObject> node) {
        return switch (settings.mode()) {
            case CLUSTER_CIDR -> first(settings.clusterCidrs(), family);
            case NODE_CIDR ->
                first(
                        node.map(NodeObject::podCidrs).orElse(List.of()).stream()
                                .flatMap(text -> Cidr.parse(text).stream())
                                .toList(),
                        family);
            case BRIDGE_INTERFACE -> new LocalDetector.Bridge(settings.bridge());
            case INTERFACE_NAME_PREFIX -> new LocalDetector.InterfacePrefix(settings.interfacePrefix());
        };
    }

    private static LocalDetector first(List<Cidr> cidrs, IpFamily family) {
        return cidrs.stream()
                .filter(cidr -> cidr.family() == family)
                .findFirst()
                .<LocalDetector>map(LocalDetector.SourceCidr::new)
                .orElseGet(LocalDetector.None::new);
    }
}
