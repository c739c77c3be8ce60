package dev.sluice.daemon.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.IptablesSection;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.config.Scheduler;
import dev.sluice.core.config.SyncPeriodFields;
import dev.sluice.core.mode.ModeConfig;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** The configuration of each mode. */
public final class ModeConfigs {
    static final SyncPeriodFields IPVS_PERIODS = SyncPeriodFields.of("ipvs", Duration.ZERO, true);
    static final ConfigField IPVS_SCHEDULER = ConfigField.choice("ipvs.scheduler", "rr");
    static final ConfigField EXCLUDE_CIDRS = ConfigField.of("ipvs.excludeCIDRs", ConfigField.Type.STRINGS, List.of());
    static final ConfigField STRICT_ARP = ConfigField.of("ipvs.strictARP", ConfigField.Type.BOOL, false);
    static final ConfigField TCP_TIMEOUT = time("ipvs.tcpTimeout");
    static final ConfigField TCP_FIN_TIMEOUT = time("ipvs.tcpFinTimeout");
    static final ConfigField UDP_TIMEOUT = time("ipvs.udpTimeout");
    static final ConfigField USERSPACE_SCHEDULER = new ConfigField(
            "--userspace-scheduler",
            ConfigField.Type.STRING,
            Scheduler.RR.text(),
            ConfigField.Support.FLAG_ONLY,
            false,
            Scheduler.RR.text());

    private static final ModeConfig IPTABLES = new ModeConfig(
            Stream.of(
                            IptablesSection.masqueradeFields(),
                            List.of(IptablesSection.LOCALHOST_NODE_PORTS),
                            IptablesSection.PERIODS.fields())
                    .flatMap(List::stream)
                    .toList(),
            Stream.of(
                            IptablesSection.masqueradeFlags(),
                            List.of(IptablesSection.localhostNodePortsFlag()),
                            IptablesSection.periodFlags())
                    .flatMap(List::stream)
                    .toList(),
            IptablesSection.PERIODS);

    private static final ModeConfig IPVS = new ModeConfig(
            List.of(
                    IPVS_PERIODS.period(),
                    IPVS_PERIODS.min(),
                    IPVS_SCHEDULER,
                    EXCLUDE_CIDRS,
                    STRICT_ARP,
                    TCP_TIMEOUT,
                    TCP_FIN_TIMEOUT,
                    UDP_TIMEOUT),
            List.of(
                    ConfigFlag.of("ipvs-sync-period", IPVS_PERIODS.period(), "Longest time between two full syncs."),
                    // without a file, kube-proxy's ipvs mode takes its least period from the default of all modes
                    ConfigFlag.of("ipvs-min-sync-period", IPVS_PERIODS.min(), "Least time between two syncs.")
                            .withFallback(IptablesSection.PERIODS.min().fallback()),
                    ConfigFlag.of(
                            "ipvs-scheduler",
                            IPVS_SCHEDULER,
                            "A scheduler of the kernel: rr, lc, dh, sh, sed, nq and others."),
                    ConfigFlag.of(
                            "ipvs-exclude-cidrs", EXCLUDE_CIDRS, "Virtual servers in these ranges are never touched."),
                    ConfigFlag.of("ipvs-strict-arp", STRICT_ARP, "Set arp_ignore to 1 and arp_announce to 2."),
                    ConfigFlag.of(
                            "ipvs-tcp-timeout", TCP_TIMEOUT, "Time-out of TCP connections, 0 keeps the kernel's."),
                    ConfigFlag.of(
                            "ipvs-tcpfin-timeout", TCP_FIN_TIMEOUT, "Time-out after a FIN, 0 keeps the kernel's."),
                    ConfigFlag.of("ipvs-udp-timeout", UDP_TIMEOUT, "Time-out of UDP flows, 0 keeps the kernel's.")),
            IPVS_PERIODS);

    private static final ModeConfig USERSPACE = new ModeConfig(
            List.of(USERSPACE_SCHEDULER),
            List.of(ConfigFlag.of(
                    "userspace-scheduler",
                    USERSPACE_SCHEDULER,
                    "How userspace mode chooses endpoints: " + Scheduler.choices() + ".")),
            IptablesSection.PERIODS);

    /** Every field and flag. */
    public static final ConfigSchema SCHEMA = KubeProxyFields.with(List.of(IPTABLES, IPVS, USERSPACE));

    private ModeConfigs() {}

    private static ConfigField time(String path) {
        return ConfigField.of(path, ConfigField.Type.DURATION, Duration.ZERO);
    }

    static ModeConfig of(ProxyMode mode) {
        return switch (mode) {
            case IPTABLES -> IPTABLES;
            case IPVS -> IPVS;
            case USERSPACE -> USERSPACE;
        };
    }
}
