// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.config;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.IpFamily;

/** The configuration of this mode in one family. */
public record IptablesConfig(BackendConfig common, IptablesOptions options) {

    /** kube-proxy's defaults, with no local detector. */
    public static IptablesConfig defaults(IpFamily family) {
        return new IptablesConfig(BackendConfig.defaults(family), IptablesOptions.DEFAULT);
    }

    public IptablesConfig withLocalDetector(LocalDetector detector) {
        return new IptablesConfig(common.withLocalDetector(detector), options);
    }

    public IpFamily family() {
        return common.family();
    }

    public LocalDetector localDetector() {
        return common.localDetector();
    }

    public NodePortAddresses nodePortAddresses() {
        return common.nodePortAddresses();
    }

    public int masqueradeBit() {
        return options.masquerade().bit();
    }

    public boolean masqueradeAll() {
        return options.masquerade().all();
    }

    public boolean localhostNodePorts() {
        return options.localhostNodePorts();
    }
}
