// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.Settings.DetectLocalMode;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What kube-proxy reports of a valid configuration that does not fit the node, each with what to do. Needs the node's
 * primary family and those that are served.
 */
final class SanityChecks {
    private final Settings settings;
    private final IpFamily primary;
    private final Set<IpFamily> served;
    private final Optional<NodeObject> node;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();

    SanityChecks(Settings settings, IpFamily primary, Set<IpFamily> served, Optional<NodeObject> node) {
        this.settings = settings;
        this.primary = primary;
        this.served = Set.copyOf(served);
        this.node = node;
    }

    /**
     * The warnings.
     *
     * @throws ConfigException when local Pods cannot be recognized as configured
     */
    List<String> check() throws ConfigException {
        nodePortAddresses();
        clusterRanges();
        podRanges();
        if (isSingleStack()) {
            settings.healthz().ifPresent(address -> listeningAddress("healthz", address));
            listeningAddress("metrics", settings.metrics());
        }
        warnings.addAll(settings.module().warnings(served));
        if (!errors.isEmpty()) {
            throw new ConfigException(errors);
        }
        return List.copyOf(warnings);
    }

    private boolean isSingleStack() {
        return served.size() == 1;
    }

    private void nodePortAddresses() {
        List<Cidr> ranges = settings.nodePortRanges();
        if (settings.primaryNodePortOnly()) {
            return;
        }
        if (ranges.isEmpty()) {
            warnings.add("nodePortAddresses is not set: node ports answer on every address of this node; set it to"
                    + " 'primary' (--nodeport-addresses=primary) or to ranges");
        } else if (isAllOf(other(), ranges)) {
            warnings.add("nodePortAddresses (--nodeport-addresses) has no range of " + primary
                    + ", this node's primary family, whose node ports answer on every address; add one");
        } else if (!isSingleStack() && isAllOf(primary, ranges)) {
            warnings.add("nodePortAddresses (--nodeport-addresses) has ranges of " + primary + " only: node ports of "
                    + other() + " answer on every address; add a range of " + other());
        }
    }

    private void clusterRanges() {
        if (!isAllOf(other(), settings.detectLocal().clusterCidrs())) {
            return;
        }
        String problem = "clusterCIDR (--cluster-cidr) has no range of " + primary
                + ", this node's primary family, so its Pods are not recognized; add one";
        boolean fatal = settings.detectLocal().mode() == DetectLocalMode.CLUSTER_CIDR && isSingleStack();
        (fatal ? errors : warnings).add(problem);
    }

    private void podRanges() {
        List<Cidr> ranges = node.map(NodeObject::podCidrs).orElse(List.of()).stream()
                .flatMap(text -> Cidr.parse(text).stream())
                .toList();
        if (!isAllOf(other(), ranges)) {
            return;
        }
        String problem = "the Node's spec.podCIDRs has no range of " + primary
                + ", its primary family: the cluster's IPAM and the Node's addresses disagree";
        if (settings.detectLocal().mode() == DetectLocalMode.NODE_CIDR) {
            errors.add(problem + "; correct them, or choose another --detect-local-mode");
        } else {
            warnings.add(problem);
        }
    }

    private void listeningAddress(String server, InetSocketAddress address) {
        IpAddress ip = IpAddress.of(address.getAddress());
        if (ip.family() != primary && !ip.isUnspecified()) {
            warnings.add(server + "BindAddress (--" + server + "-bind-address) is an address of " + ip.family()
                    + ", and this node serves " + primary + " only; take one of " + primary);
        }
    }

    private IpFamily other() {
        return primary == IpFamily.IPV4 ? IpFamily.IPV6 : IpFamily.IPV4;
    }

    private static boolean isAllOf(IpFamily family, List<Cidr> ranges) {
        return !ranges.isEmpty() && ranges.stream().allMatch(range -> range.family() == family);
    }
}
