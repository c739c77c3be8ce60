// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.testkit.lab.LabAddresses;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The requirements of a scenario on the daemon's start. Scenarios with equal set-ups share a daemon.
 *
 * @param zone the zone label of the node, empty for none
 * @param own whether the scenario has its own daemon and lab
 * @param started whether the daemon is started before the scenario; otherwise the scenario starts it
 * @param sctp whether the kernel must have SCTP sockets
 */
public record DaemonSetup(List<String> flags, String zone, boolean own, boolean started, boolean sctp) {
    private static final String CLUSTER_CIDR = "--cluster-cidr=" + LabAddresses.CLUSTER_CIDR;

    /** The default: the lab's cluster CIDR, and the node in zone {@code z1}. */
    public static final DaemonSetup DEFAULT = new DaemonSetup(List.of(CLUSTER_CIDR), "z1", false, true, false);

    /** The default scheduler is lc, so that an annotation has a visible effect. */
    public static final DaemonSetup LEAST_CONNECTION = DEFAULT.with("--ipvs-scheduler=lc", "--userspace-scheduler=lc");

    public DaemonSetup {
        flags = List.copyOf(flags);
    }

    public DaemonSetup with(String... more) {
        return new DaemonSetup(Stream.concat(flags.stream(), Stream.of(more)).toList(), zone, own, started, sctp);
    }

    /** This set-up with a proxy that cannot tell Pods from others. */
    public DaemonSetup withoutDetector() {
        List<String> kept = new ArrayList<>(flags);
        kept.remove(CLUSTER_CIDR);
        return new DaemonSetup(kept, zone, own, started, sctp);
    }

    public DaemonSetup inZone(String other) {
        return new DaemonSetup(flags, other, own, started, sctp);
    }

    /** This set-up with a daemon and a lab that no other scenario uses. */
    public DaemonSetup alone() {
        return new DaemonSetup(flags, zone, true, started, sctp);
    }

    /** This set-up with a daemon that the scenario starts itself. */
    public DaemonSetup unstarted() {
        return new DaemonSetup(flags, zone, own, false, sctp);
    }

    /** This set-up on a kernel with SCTP sockets only. */
    public DaemonSetup needingSctp() {
        return new DaemonSetup(flags, zone, own, started, true);
    }

    /** The manifests of the node, and of the other one. */
    public String nodeManifest() {
        return "apiVersion: v1\nkind: Node\nmetadata:\n  name: node-a\n  labels:\n    kubernetes.io/hostname: node-a\n"
                + (zone.isEmpty() ? "" : "    topology.kubernetes.io/zone: " + zone + "\n")
                + "spec:\n  podCIDRs: [10.244.1.0/24, \"fd00:244:1::/64\"]\n"
                + "status:\n  addresses:\n"
                + "  - {type: InternalIP, address: 192.168.10.1}\n"
                + "  - {type: InternalIP, address: \"fd00:10::1\"}\n"
                + "  - {type: Hostname, address: node-a}\n"
                + "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-b}\n"
                + "status:\n  addresses:\n"
                + "  - {type: InternalIP, address: 192.168.10.2}\n"
                + "  - {type: InternalIP, address: \"fd00:10::2\"}\n";
    }
}
