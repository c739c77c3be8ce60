package dev.sluice.core.config;

import java.time.Duration;
import java.util.List;

/**
 * The section {@code iptables} of a KubeProxyConfiguration. kube-proxy keeps in it what its other modes read too, so each mode
 * names those fields of it that it reads.
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

    /** The sync periods of every mode without a section of its own. */
    public static final SyncPeriodFields PERIODS = SyncPeriodFields.of("iptables", Duration.ofSeconds(1), false);

    private IptablesSection() {}

    /** The fields about masquerading. */
    public static List<ConfigField> masqueradeFields() {
        return List.of(MASQUERADE_BIT, MASQUERADE_ALL);
    }

    /** The flags about masquerading. */
    public static List<ConfigFlag> masqueradeFlags() {
        return List.of(
                ConfigFlag.of("masquerade-all", MASQUERADE_ALL, "Masquerade all traffic to cluster addresses."),
                ConfigFlag.of(
                        "iptables-masquerade-bit",
                        MASQUERADE_BIT,
                        "The bit of the packet mark that requests masquerading."));
    }

    public static ConfigFlag localhostNodePortsFlag() {
        return ConfigFlag.of(
                "iptables-localhost-nodeports", LOCALHOST_NODE_PORTS, "Serve node ports on loopback addresses.");
    }

    /** The flags that set {@link #PERIODS}. */
    public static List<ConfigFlag> periodFlags() {
        return List.of(
                ConfigFlag.of("iptables-sync-period", PERIODS.period(), "Longest wait after a failed sync."),
                ConfigFlag.of("iptables-min-sync-period", PERIODS.min(), "Least time between two syncs."));
    }
}
