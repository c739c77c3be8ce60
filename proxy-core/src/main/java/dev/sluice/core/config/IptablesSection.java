// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.util.List;

/**
 * The section {@code iptables} of a KubeProxyConfiguration, with its flags. kube-proxy keeps in it what its other modes
 * read too, so each mode names those fields of it that it reads.
 */
public final class IptablesSection {
    /** The bit of the packet mark that requests masquerading, 0 to 31. */
    public static final ConfigField MASQUERADE_BIT = ConfigField.of("iptables.masqueradeBit", ConfigField.Type.INT, 14);

    /** Whether all traffic to cluster addresses is masqueraded. */
    public static final ConfigField MASQUERADE_ALL =
            ConfigField.of("iptables.masqueradeAll", ConfigField.Type.BOOL, false);

    /** Whether node ports answer on loopback addresses. */
    public static final ConfigField LOCALHOST_NODE_PORTS =
            ConfigField.of("iptables.localhostNodePorts", ConfigField.Type.BOOL, true);

    public static final ConfigFlag LOCALHOST_NODE_PORTS_FLAG = ConfigFlag.of(
            "iptables-localhost-nodeports", LOCALHOST_NODE_PORTS, "Serve node ports on loopback addresses.");

    public static final ConfigFlag MASQUERADE_ALL_FLAG =
            ConfigFlag.of("masquerade-all", MASQUERADE_ALL, "Masquerade all traffic to cluster addresses.");

    public static final List<ConfigFlag> MASQUERADE_FLAGS = List.of(
            MASQUERADE_ALL_FLAG,
            ConfigFlag.of(
                    "iptables-masquerade-bit",
                    MASQUERADE_BIT,
                    "The bit of the packet mark that requests masquerading."));

    /** The sync periods of every mode without a section of its own. */
    public static final SyncPeriodFields PERIODS =
            SyncPeriodFields.of("iptables", SyncPeriodFields.LEAST_PERIOD, SyncPeriodFields.Full.HOURLY);

    private IptablesSection() {}
}
