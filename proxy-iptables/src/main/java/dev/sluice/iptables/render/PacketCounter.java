// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

/** A named counter of the kernel that one rule counts into, under kube-proxy's name. */
public enum PacketCounter {
    /** Packets that conntrack cannot place, dropped on their way through the node. */
    INVALID_DROPPED("ct_state_invalid_dropped_pkts"),
    /** First packets of connections to a node port on 127.0.0.1. */
    LOCALHOST_ACCEPTED("localhost_nps_accepted_pkts");

    private final String label;

    PacketCounter(String label) {
        this.label = label;
    }

    /** The counter's name in the kernel. */
    public String label() {
        return label;
    }
}
