// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.config;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.config.Masquerade;
import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.IpFamily;

/** The configuration of ipvs mode in one family. */
public record IpvsConfig(BackendConfig common, IpvsOptions options) {

    /** kube-proxy's defaults, with no local detector. */
    public static IpvsConfig defaults(IpFamily family) {
        return new IpvsConfig(BackendConfig.defaults(family), IpvsOptions.DEFAULT);
    }

    public IpvsConfig withLocalDetector(LocalDetector detector) {
        return new IpvsConfig(common.withLocalDetector(detector), options);
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

    public Masquerade masquerade() {
        return options.masquerade();
    }
}
