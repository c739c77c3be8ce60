// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.sysctl.Sysctl;

/** The handles of the kernel that one family's backend uses alone, and closes. */
public record KernelHandles(Ipvs ipvs, IpSets sets, Links links, Iptables iptables, Sysctl sysctl)
        implements AutoCloseable {

    public IpFamily family() {
        return iptables.family();
    }

    @Override
    public void close() {
        ipvs.close();
        sets.close();
        links.close();
    }
}
