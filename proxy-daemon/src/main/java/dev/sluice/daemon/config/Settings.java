// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import dev.sluice.core.config.SyncPeriods;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The validated configuration of the daemon.
 *
 * @param module the mode in use, with its options
 * @param kubeconfig empty for in-cluster access
 * @param master the API server's URL, overriding the kubeconfig's; empty for none
 * @param manifests a directory of manifests in place of an API server
 * @param stateDir the directory of the snapshot that outlives a reboot
 * @param hostnameOverride empty for the host's own name
 * @param bindAddress the node's primary address when it is not unspecified
 * @param healthz empty when the health server is switched off
 * @param nodePortRanges empty for all addresses
 * @param primaryNodePortOnly {@code --nodeport-addresses=primary}
 * @param oomScoreAdj -1000 to 1000
 * @param profiling whether the metrics server has the profiling pages
 * @param warnings what is invalid and of no concern in the mode in use, for the log
 */
public record Settings(
        ProxyModule module,
        Optional<Path> kubeconfig,
        String master,
        Optional<Path> manifests,
        Optional<Path> stateDir,
        String hostnameOverride,
        IpAddress bindAddress,
        Optional<InetSocketAddress> healthz,
        InetSocketAddress metrics,
        boolean bindAddressHardFail,
        DetectLocal detectLocal,
        List<Cidr> nodePortRanges,
        boolean primaryNodePortOnly,
        SyncPeriods syncPeriods,
        ConntrackSettings conntrack,
        int oomScoreAdj,
        LoggingOptions logging,
        boolean profiling,
        FeatureGates featureGates,
        List<String> warnings) {

    /** The way to distinguish Pods of this node or cluster from other clients. */
    public record DetectLocal(DetectLocalMode mode, List<Cidr> clusterCidrs, String bridge, String interfacePrefix) {}

    /** The values of {@code detectLocalMode}. */
    public enum DetectLocalMode {
        CLUSTER_CIDR("ClusterCIDR"),
        NODE_CIDR("NodeCIDR"),
        BRIDGE_INTERFACE("BridgeInterface"),
        INTERFACE_NAME_PREFIX("InterfaceNamePrefix");

        private final String value;

        DetectLocalMode(String value) {
            this.value = value;
        }

        public String value() {
            return value;
        }

        /** All of them, for messages. */
        static String choices() {
            return Arrays.stream(values()).map(DetectLocalMode::value).collect(Collectors.joining(", "));
        }
    }

    /** Limits and time-outs of connection tracking; zero keeps the kernel's value. */
    public record ConntrackSettings(
            int maxPerCore,
            int min,
            Duration tcpEstablished,
            Duration tcpCloseWait,
            boolean tcpBeLiberal,
            Duration udp,
            Duration udpStream) {}
}
