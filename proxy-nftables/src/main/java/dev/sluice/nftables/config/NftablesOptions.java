// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.IptablesSection;
import dev.sluice.core.config.Masquerade;
import dev.sluice.core.config.SyncPeriodFields;
import dev.sluice.core.mode.ModeConfig;
import java.util.List;
import java.util.Map;

/**
 * The options of nftables mode, the section {@code nftables} of a KubeProxyConfiguration.
 *
 * @param localhostNodePorts whether node ports are served on loopback addresses
 */
public record NftablesOptions(Masquerade masquerade, boolean localhostNodePorts) {
    private static final int HIGHEST_BIT = 31;

    private static final ConfigField MASQUERADE_BIT =
            ConfigField.of("nftables.masqueradeBit", ConfigField.Type.INT, 14);
    private static final ConfigField MASQUERADE_ALL = ConfigField.of(
                    "nftables.masqueradeAll", ConfigField.Type.BOOL, false)
            .shownInUse();

    private static final ConfigField LOCALHOST_NODE_PORTS = ConfigField.of(
                    "--nftables-localhost-nodeports", ConfigField.Type.BOOL, false)
            .with(ConfigField.Support.FLAG_ONLY);

    private static final SyncPeriodFields PERIODS =
            SyncPeriodFields.of("nftables", SyncPeriodFields.LEAST_PERIOD, SyncPeriodFields.Full.HOURLY);

    /**
     * The options that an operator can set. kube-proxy has no flags of them but those that another section shares, and
     * does not serve node ports on loopback addresses in this mode.
     */
    public static final ModeConfig CONFIG = new ModeConfig(
            List.of(
                    ConfigFlag.of(
                            "nftables-masquerade-all",
                            MASQUERADE_ALL,
                            "Masquerade all traffic to cluster addresses in nftables mode."),
                    ConfigFlag.of(
                            "nftables-masquerade-bit",
                            MASQUERADE_BIT,
                            "The bit of the packet mark that requests masquerading in nftables mode."),
                    ConfigFlag.of(
                            "nftables-localhost-nodeports",
                            LOCALHOST_NODE_PORTS,
                            "Serve node ports on loopback addresses in nftables mode, 127.0.0.0/8 and ::1.")),
            PERIODS,
            Map.of(
                    MASQUERADE_ALL,
                    IptablesSection.MASQUERADE_ALL,
                    PERIODS.period(),
                    IptablesSection.PERIODS.period(),
                    PERIODS.min(),
                    IptablesSection.PERIODS.min()));

    public static final NftablesOptions DEFAULT = read(ConfigReader.ofDefaults(CONFIG.flags()));

    public static NftablesOptions read(ConfigReader values) {
        return new NftablesOptions(
                new Masquerade(values.range(MASQUERADE_BIT, 0, HIGHEST_BIT), values.bool(MASQUERADE_ALL)),
                values.bool(LOCALHOST_NODE_PORTS));
    }
}
