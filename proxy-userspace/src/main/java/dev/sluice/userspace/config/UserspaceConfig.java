// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.config;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.IpFamily;

/** The configuration of this mode in one family. */
public record UserspaceConfig(BackendConfig common, UserspaceOptions options) {

    /** kube-proxy's defaults, with no local detector. */
    public static UserspaceConfig defaults(IpFamily family) {
        return new UserspaceConfig(BackendConfig.defaults(family), UserspaceOptions.DEFAULT);
    }

    public UserspaceConfig withLocalDetector(LocalDetector detector) {
        return new UserspaceConfig(common.withLocalDetector(detector), options);
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

    public boolean localhostNodePorts() {
        return options.localhostNodePorts();
    }
}
