// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.affinity;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets.SetHeader;

/**
 * How large the sets of clients are. Rules cannot give a set more buckets, so it has as many from the beginning as
 * 10,000 clients of one endpoint need: with 4,096 buckets of 12 elements, one client in a million finds its bucket full
 * then, and has no affinity; with 40,000 clients, one in a hundred. They take 32 KiB; what is in them comes on top.
 */
final class ClientSetShape {
    static final int BUCKETS = 4_096;

    /** In large clusters, where the empty buckets of all sets would take hundreds of MiB. */
    static final int FEW_BUCKETS = 512;

    /** So many sets have {@link #BUCKETS}: 128 MiB. */
    static final int MANY = 4_096;

    /** More than the buckets hold, so it is never what limits a set. */
    private static final int MAX_ELEMENTS = 65_536;

    private ClientSetShape() {}

    static IpSet of(IpFamily family, String name, int buckets) {
        return new IpSet(name, IpSet.Type.HASH_IP, family, MAX_ELEMENTS, buckets, true);
    }

    /** Whether a set with that header can remember clients, however large it is. */
    static boolean fits(IpFamily family, SetHeader header) {
        return header.shape()
                .filter(set -> set.type() == IpSet.Type.HASH_IP && set.family() == family && set.expiring())
                .isPresent();
    }
}
