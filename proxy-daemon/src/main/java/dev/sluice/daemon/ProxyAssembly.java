// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.iptables.IptablesModule;
import dev.sluice.ipvs.IpvsModule;
import dev.sluice.linux.host.Host;
import dev.sluice.nftables.NftablesModule;
import dev.sluice.userspace.UserspaceModule;
import java.util.Arrays;
import java.util.List;

/** Makes the module of each mode; the only class that names them. */
public final class ProxyAssembly {
    private ProxyAssembly() {}

    private static ProxyModule module(ProxyMode mode, Host host) {
        return switch (mode) {
            case IPTABLES -> new IptablesModule(host);
            case IPVS -> new IpvsModule(host);
            case USERSPACE -> new UserspaceModule(host);
            case NFTABLES -> new NftablesModule(host);
        };
    }

    /** The module of every mode, with its default options; does not access {@code host}. */
    public static List<ProxyModule> modules(Host host) {
        return Arrays.stream(ProxyMode.values()).map(mode -> module(mode, host)).toList();
    }
}
