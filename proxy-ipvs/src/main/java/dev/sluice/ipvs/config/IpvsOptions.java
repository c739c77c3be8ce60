// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.IptablesSection;
import dev.sluice.core.config.Masquerade;
import dev.sluice.core.config.SyncPeriodFields;
import dev.sluice.core.mode.ModeConfig;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The options of ipvs mode.
 *
 * @param scheduler the kernel's name of the scheduler, at most 15 characters
 * @param excludeCidrs virtual servers with addresses in these are never touched
 * @param tcpTimeout zero keeps the kernel's, as for the other two
 */
public record IpvsOptions(
        String scheduler,
        List<Cidr> excludeCidrs,
        boolean strictArp,
        Duration tcpTimeout,
        Duration tcpFinTimeout,
        Duration udpTimeout,
        Masquerade masquerade) {
    private static final int LONGEST_SCHEDULER = 15;

    private static final ConfigField SCHEDULER = ConfigField.choice("ipvs.scheduler", "rr");
    private static final ConfigField EXCLUDE_CIDRS =
            ConfigField.of("ipvs.excludeCIDRs", ConfigField.Type.STRINGS, List.of());
    private static final ConfigField STRICT_ARP = ConfigField.of("ipvs.strictARP", ConfigField.Type.BOOL, false);
    private static final ConfigField TCP_TIMEOUT = timeout("ipvs.tcpTimeout");
    private static final ConfigField TCP_FIN_TIMEOUT = timeout("ipvs.tcpFinTimeout");
    private static final ConfigField UDP_TIMEOUT = timeout("ipvs.udpTimeout");

    private static final List<ConfigFlag> FLAGS = List.of(
            ConfigFlag.of(
                    "ipvs-scheduler", SCHEDULER, "A scheduler of the kernel: rr, lc, dh, sh, sed, nq and others."),
            ConfigFlag.of("ipvs-exclude-cidrs", EXCLUDE_CIDRS, "Virtual servers in these ranges are never touched."),
            ConfigFlag.of("ipvs-strict-arp", STRICT_ARP, "Set arp_ignore to 1 and arp_announce to 2."),
            ConfigFlag.of("ipvs-tcp-timeout", TCP_TIMEOUT, "Time-out of TCP connections, 0 keeps the kernel's."),
            ConfigFlag.of("ipvs-tcpfin-timeout", TCP_FIN_TIMEOUT, "Time-out after a FIN, 0 keeps the kernel's."),
            ConfigFlag.of("ipvs-udp-timeout", UDP_TIMEOUT, "Time-out of UDP conversations, 0 keeps the kernel's."));

    /** The options that an operator can set. */
    public static final ModeConfig CONFIG = new ModeConfig(
            Stream.concat(IptablesSection.MASQUERADE_FLAGS.stream(), FLAGS.stream())
                    .toList(),
            SyncPeriodFields.of("ipvs", Duration.ZERO, SyncPeriodFields.Full.EACH_PERIOD));

    public static final IpvsOptions DEFAULT = read(ConfigReader.ofDefaults(CONFIG.flags()));

    public IpvsOptions {
        excludeCidrs = List.copyOf(excludeCidrs);
    }

    private static ConfigField timeout(String path) {
        return ConfigField.of(path, ConfigField.Type.DURATION, Duration.ZERO);
    }

    public static IpvsOptions read(ConfigReader values) {
        String scheduler = values.string(SCHEDULER);
        if (scheduler.length() > LONGEST_SCHEDULER) {
            values.invalid(
                    SCHEDULER,
                    "'" + scheduler + "' is longer than the " + LONGEST_SCHEDULER
                            + " characters that the kernel allows");
        }
        return new IpvsOptions(
                scheduler,
                values.cidrs(EXCLUDE_CIDRS),
                values.bool(STRICT_ARP),
                values.notNegative(TCP_TIMEOUT),
                values.notNegative(TCP_FIN_TIMEOUT),
                values.notNegative(UDP_TIMEOUT),
                Masquerade.read(values));
    }

    /** What does not fit the families that are served. */
    public List<String> warnings(Set<IpFamily> served) {
        boolean idle =
                !excludeCidrs.isEmpty() && excludeCidrs.stream().noneMatch(range -> served.contains(range.family()));
        return idle
                ? List.of("ipvs.excludeCIDRs (--ipvs-exclude-cidrs) has no range of a family that this node serves, and"
                        + " no effect; add one, or leave it out")
                : List.of();
    }
}
