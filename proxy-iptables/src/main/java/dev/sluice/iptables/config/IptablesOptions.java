// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.config;

import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.IptablesSection;
import dev.sluice.core.config.Masquerade;
import dev.sluice.core.mode.ModeConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of iptables mode.
 *
 * @param localhostNodePorts whether node ports are served on 127.0.0.1; IPv4 only
 */
public record IptablesOptions(Masquerade masquerade, boolean localhostNodePorts) {

    /** The fields and flags of this mode. */
    public static final ModeConfig CONFIG = new ModeConfig(flags(), IptablesSection.PERIODS);

    public static final IptablesOptions DEFAULT = read(ConfigReader.ofDefaults(CONFIG.flags()));

    private static List<ConfigFlag> flags() {
        List<ConfigFlag> flags = new ArrayList<>(IptablesSection.MASQUERADE_FLAGS);
        flags.add(IptablesSection.LOCALHOST_NODE_PORTS_FLAG);
        return flags;
    }

    public static IptablesOptions read(ConfigReader values) {
        return new IptablesOptions(Masquerade.read(values), values.bool(IptablesSection.LOCALHOST_NODE_PORTS));
    }
}
