// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import dev.sluice.core.net.IpFamily;
import java.util.List;

/** What a backend needs to know in one family, whatever its mode. */
public record BackendConfig(IpFamily family, LocalDetector localDetector, NodePortAddresses nodePortAddresses) {

    /** kube-proxy's defaults, with no local detector. */
    public static BackendConfig defaults(IpFamily family) {
        return new BackendConfig(family, new LocalDetector.None(), new NodePortAddresses(family, List.of()));
    }

    public BackendConfig withLocalDetector(LocalDetector detector) {
        return new BackendConfig(family, detector, nodePortAddresses);
    }
}
