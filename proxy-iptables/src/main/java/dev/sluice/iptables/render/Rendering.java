package dev.sluice.iptables.render;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
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
        BackendConfig config, @Nullable IpAddress nodeAddress, boolean comments, boolean countLocalhost) {
    /** Above so many endpoints kube-proxy leaves the comments of endpoint rules out. */
    public static final int COMMENTED_ENDPOINTS = 1000;

    /** Without counting. */
    public Rendering(BackendConfig config, @Nullable IpAddress nodeAddress, boolean comments) {
        this(config, nodeAddress, comments, false);
    }

    IpFamily family() {
        return config.family();
    }

    /** Whether it is known how Pods' traffic looks. */
    boolean knowsPods() {
        return !(config.localDetector() instanceof LocalDetector.None);
    }

    /** Narrows a rule to traffic from Pods. */
    RuleSpec fromPods(RuleSpec rule) {
        return switch (config.localDetector()) {
            case LocalDetector.None() -> rule;
            case LocalDetector.SourceCidr(Cidr cidr) -> rule.from(cidr);
            case LocalDetector.Bridge(String name) -> rule.in(name);
            case LocalDetector.InterfacePrefix(String prefix) -> rule.in(prefix + "+");
        };
    }

    /** Narrows a rule to traffic from anything but Pods. */
    RuleSpec notFromPods(RuleSpec rule) {
        return switch (config.localDetector()) {
            case LocalDetector.None() -> rule;
            case LocalDetector.SourceCidr(Cidr cidr) -> rule.notFrom(cidr);
            case LocalDetector.Bridge(String name) -> rule.notIn(name);
            case LocalDetector.InterfacePrefix(String prefix) -> rule.notIn(prefix + "+");
        };
    }

    /** The refusal that a client notices at once. */
    String reject() {
        return "REJECT --reject-with "
                + (family() == IpFamily.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable");
    }
}
