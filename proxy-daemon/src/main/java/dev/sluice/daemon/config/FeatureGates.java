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
 * @param states of the gates that kube-proxy asks
 * @param warnings gates that were set and have no effect
 */
public record FeatureGates(boolean externalIps, List<State> states, List<String> warnings) {
    /** Whether {@code /flagz} is served. */
    public static final String FLAGZ = "ComponentFlagz";
    /** Whether {@code /statusz} is served. */
    public static final String STATUSZ = "ComponentStatusz";

    private static final String EXTERNAL_IPS = "AllowServiceExternalIPs";

    /** Gates of kube-proxy's that are on for good; setting them to true changes nothing. */
    private static final Set<String> LOCKED_ON =
            Set.of("MultiCIDRServiceAllocator", "NFTablesProxyMode", "PreferSameTrafficDistribution");

    /** Gates that {@link LoggingOptions} and the pages ask. */
    private static final Set<String> ASKED_ELSEWHERE = Set.of("LoggingAlphaOptions", "AllAlpha", FLAGZ, STATUSZ);

    /** Of Kubernetes 1.36. */
    private static final List<State> DEFAULTS = List.of(
            new State(EXTERNAL_IPS, "", true),
            new State(FLAGZ, "BETA", true),
            new State(STATUSZ, "BETA", true),
            new State("LoggingAlphaOptions", "ALPHA", false),
            new State("MultiCIDRServiceAllocator", "", true),
            new State("NFTablesProxyMode", "", true),
            new State("PreferSameTrafficDistribution", "", true));

    public FeatureGates {
        states = List.copyOf(states);
        warnings = List.copyOf(warnings);
    }

    /**
     * A gate.
     *
     * @param stage {@code ALPHA}, {@code BETA}, or empty once it is stable
     */
    public record State(String name, String stage, boolean on) {
        State in(Map<String, Boolean> gates) {
            return new State(name, stage, gates.getOrDefault(name, on));
        }
    }

    /** Whether the gate {@code name}, one of {@link #states}, is on. */
    public boolean isOn(String name) {
        return states.stream().anyMatch(gate -> gate.name().equals(name) && gate.on());
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
            } else if (known.isEmpty() && !ASKED_ELSEWHERE.contains(name)) {
                warnings.add("feature gate " + name + "=" + on + " has no effect: Sluice has nothing that it decides");
            }
        });
        List<State> states = DEFAULTS.stream().map(gate -> gate.in(gates)).toList();
        return new FeatureGates(gates.getOrDefault(EXTERNAL_IPS, true), states, warnings);
    }

    private static Optional<String> known(String name) {
        return EXTERNAL_IPS.equalsIgnoreCase(name)
                ? Optional.of(EXTERNAL_IPS)
                : LOCKED_ON.stream().filter(name::equalsIgnoreCase).findFirst();
    }
}
