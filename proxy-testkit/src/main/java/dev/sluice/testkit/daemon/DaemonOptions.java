// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a daemon under test.
 *
 * @param source the source of the objects: {@code --manifests DIR}, or the flags of an API server
 * @param flags further flags
 */
public record DaemonOptions(ProxyMode mode, List<String> source, List<String> flags) {

    public DaemonOptions {
        source = List.copyOf(source);
        flags = List.copyOf(flags);
    }

    List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        arguments.add("--proxy-mode=" + mode.flagValue());
        arguments.addAll(source);
        arguments.add("--hostname-override=" + LabAddresses.NODE_A);
        arguments.add("--conntrack-max-per-core=0"); // this parameter is read-only in a network namespace
        arguments.add(mode == ProxyMode.IPVS ? "--ipvs-min-sync-period=50ms" : "--iptables-min-sync-period=50ms");
        arguments.addAll(flags);
        return arguments;
    }
}
