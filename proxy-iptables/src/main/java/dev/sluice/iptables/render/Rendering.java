package dev.sluice.iptables.render;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.config.IptablesConfig;
import org.jspecify.annotations.Nullable;

/**
 * What the text of every port's rules depends on besides the port itself. It stays as it is from one full sync to the
 * next, so that the rules in force can be rendered again from the port that they came from, and need not be kept.
 *
 * @param nodeAddress the node's own address in this family, null when unknown
 * @param comments whether the rules of each endpoint carry a comment
 * @param countLocalhost whether connections to node ports on 127.0.0.1 are counted
 */
public record Rendering(
        IptablesConfig config, @Nullable IpAddress nodeAddress, boolean comments, boolean countLocalhost) {
    /** Above so many endpoints kube-proxy leaves the comments of endpoint rules out. */
    public static final int COMMENTED_ENDPOINTS = 1000;

    /** Without counting. */
    public Rendering(IptablesConfig config, @Nullable IpAddress nodeAddress, boolean comments) {
        this(config, nodeAddress, comments, false);
    }

    IpFamily family() {
        return config.family();
    }

    /** Whether it is known how Pods' traffic looks. */
    boolean knowsPods() {
        return !(config.localDetector() instanceof LocalDetector.None);
    }
}
