// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.daemon.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The configurations of the backends, derived from the settings and the Node.
 *
 * @param node the daemon's own, if it is known
 */
public record BackendConfigs(Settings settings, Optional<NodeObject> node) {

    /** The family of the node's first known address; IPv4 when there is none. */
    public IpFamily primaryFamily() {
        return nodeAddresses().stream().findFirst().map(IpAddress::family).orElse(IpFamily.IPV4);
    }

    /** One configuration for each family, in their order. */
    public List<BackendConfig> of(Set<IpFamily> families) {
        List<Cidr> ranges = settings.primaryNodePortOnly() ? primaryRanges() : settings.nodePortRanges();
        return families.stream()
                .map(family -> new BackendConfig(
                        family,
                        LocalDetectors.of(settings.detectLocal(), family, node),
                        NodePortAddresses.of(family, ranges)))
                .toList();
    }

    private List<IpAddress> nodeAddresses() {
        List<IpAddress> addresses = new ArrayList<>();
        if (!settings.bindAddress().isUnspecified()) {
            addresses.add(settings.bindAddress());
        }
        node.ifPresent(n -> {
            n.internalIps().forEach(text -> IpAddress.parse(text).ifPresent(addresses::add));
            n.externalIps().forEach(text -> IpAddress.parse(text).ifPresent(addresses::add));
        });
        return addresses;
    }

    private List<Cidr> primaryRanges() {
        List<Cidr> ranges = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            nodeAddresses().stream()
                    .filter(a -> a.family() == family && !a.isLoopback())
                    .findFirst()
                    .ifPresent(a -> ranges.add(Cidr.host(a)));
        }
        return ranges;
    }
}
