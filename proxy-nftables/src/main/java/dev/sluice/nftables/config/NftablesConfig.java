// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.config;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.IpFamily;

/** The configuration of nftables mode in one family. */
public record NftablesConfig(BackendConfig common, NftablesOptions options) {

    /** kube-proxy's defaults, with no local detector, and node ports on all addresses. */
    public static NftablesConfig defaults(IpFamily family) {
        return new NftablesConfig(BackendConfig.defaults(family), NftablesOptions.DEFAULT);
    }

    public NftablesConfig withLocalDetector(LocalDetector detector) {
        return new NftablesConfig(common.withLocalDetector(detector), options);
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

    /** The bit of the packet mark that requests masquerading, as a number. */
    public int masqueradeMark() {
        return options.masquerade().mark();
    }

    /** Whether node ports are served on loopback addresses. */
    public boolean localhostNodePorts() {
        return options.localhostNodePorts();
    }

    public NftablesConfig withLocalhostNodePorts() {
        return new NftablesConfig(common, new NftablesOptions(options.masquerade(), true));
    }

    public boolean masqueradeAll() {
        return options.masquerade().all();
    }
}
