// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.config.IptablesConfig;
import org.jspecify.annotations.Nullable;

/**
 * What the rules of a port depend on besides the port. It does not change between full syncs, so the rules applied for
 * a port can be rendered again and need not be kept.
 *
 * @param nodeAddress the node's own address in this family, null when unknown
 * @param comments whether the rules of each endpoint carry a comment
 * @param countLocalhost whether connections to node ports on 127.0.0.1 are counted
 * @param memory where ports with session affinity remember their clients
 */
public record RenderContext(
        IptablesConfig config,
        @Nullable IpAddress nodeAddress,
        boolean comments,
        boolean countLocalhost,
        ClientMemory memory) {
    /** With more endpoints than this, kube-proxy omits the comments of endpoint rules. */
    public static final int COMMENTED_ENDPOINTS = 1000;

    /** A context without counting, where clients are remembered in sets. */
    public RenderContext(IptablesConfig config, @Nullable IpAddress nodeAddress, boolean comments) {
        this(config, nodeAddress, comments, false, ClientMemory.SETS);
    }

    /** This context with another memory. */
    public RenderContext with(ClientMemory other) {
        return new RenderContext(config, nodeAddress, comments, countLocalhost, other);
    }

    IpFamily family() {
        return config.family();
    }

    /** Whether traffic of Pods can be recognised. */
    boolean knowsPods() {
        return !(config.localDetector() instanceof LocalDetector.None);
    }
}
