// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.nfacct.NetlinkCounters;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.route.NetlinkLinks;
import java.util.Optional;

/** The real tools, links and counters of a network namespace. */
record KernelTools(Iptables tools, NetlinkLinks links, NetlinkCounters counters) {

    /** What a test does inside. */
    interface Body {
        void run(KernelTools kernel) throws Exception;
    }

    /** Runs {@code body} in a namespace of its own. */
    static void inNamespace(Variant variant, IpFamily family, Body body) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, for a network namespace");
        try (NetworkNamespace namespace = NetworkNamespace.create("iptables")) {
            namespace.run(() -> {
                try (NetlinkLinks links = NetlinkLinks.open();
                        NetlinkCounters counters = NetlinkCounters.open()) {
                    IptablesTools tools = IptablesTools.discover(new SystemCommands(), Optional.of(variant));
                    body.run(new KernelTools(tools.open(family), links, counters));
                }
            });
        }
    }

    /** The defaults, with the addresses of {@code SamplePorts}' endpoints as those of Pods. */
    IptablesConfig config() {
        Cidr pods = Cidr.of(tools.family() == IpFamily.IPV4 ? "10.110.0.0/15" : "fd00:110::/32");
        return IptablesConfig.defaults(tools.family()).withLocalDetector(new LocalDetector.SourceCidr(pods));
    }
}
