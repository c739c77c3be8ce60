// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The feature gates of Kubernetes 1.36 that have an effect here. A node's components often share a file, so gates of
 * the others are accepted with a warning that they have no effect.
 *
 * @param externalIps AllowServiceExternalIPs: whether external IPs of Services are served
 * @param warnings gates that were set and have no effect
 */
public record FeatureGates(boolean externalIps, List<String> warnings) {
    private static final String EXTERNAL_IPS = "AllowServiceExternalIPs";

    /** Gates of kube-proxy's that are on for good; setting them to true changes nothing. */
    private static final Set<String> LOCKED_ON =
            Set.of("MultiCIDRServiceAllocator", "NFTablesProxyMode", "PreferSameTrafficDistribution");

    /** Gates that {@link LoggingOptions} asks. */
    private static final Set<String> OF_LOGGING = Set.of("LoggingAlphaOptions", "AllAlpha");

    public FeatureGates {
        warnings = List.copyOf(warnings);
    }

    /** @param invalid receives the reason why a gate's value is invalid */
    static FeatureGates read(Map<String, Boolean> gates, Consumer<String> invalid) {
        List<String> warnings = new ArrayList<>();
        gates.forEach((name, on) -> {
            Optional<String> known = known(name);
            if (!name.matches("[A-Za-z][A-Za-z0-9]*")) {
                invalid.accept("'" + name + "' is no name of a feature gate");
            } else if (known.isPresent() && !known.get().equals(name)) {
                invalid.accept("unknown gate '" + name + "'; did you mean " + known.get() + "?");
            } else if (LOCKED_ON.contains(name) && !on) {
                invalid.accept("cannot set " + name + " to false: the feature is locked to true in Kubernetes 1.36");
            } else if (known.isEmpty() && !OF_LOGGING.contains(name)) {
                warnings.add("feature gate " + name + "=" + on + " has no effect: Sluice has nothing that it decides");
            }
        });
        return new FeatureGates(gates.getOrDefault(EXTERNAL_IPS, true), warnings);
    }

    private static Optional<String> known(String name) {
        return EXTERNAL_IPS.equalsIgnoreCase(name)
                ? Optional.of(EXTERNAL_IPS)
                : LOCKED_ON.stream().filter(name::equalsIgnoreCase).findFirst();
    }
}
