// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.config.ProxyMode;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The mode that a behaviour is run against and, for iptables mode, the variant of the tools. */
public enum Flavour {
    IPTABLES("iptables", ProxyMode.IPTABLES),
    IPTABLES_LEGACY("iptables-legacy", ProxyMode.IPTABLES),
    IPVS("ipvs", ProxyMode.IPVS),
    USERSPACE("userspace", ProxyMode.USERSPACE),
    NFTABLES("nftables", ProxyMode.NFTABLES);

    private final String label;
    private final ProxyMode mode;

    Flavour(String label, ProxyMode mode) {
        this.label = label;
        this.mode = mode;
    }

    /** The name of the mode; for iptables mode with the legacy variant {@code iptables-legacy}. */
    public String label() {
        return label;
    }

    public ProxyMode mode() {
        return mode;
    }

    /** The flavour with that label. */
    public static Optional<Flavour> parse(String label) {
        return Arrays.stream(values()).filter(f -> f.label.equals(label)).findFirst();
    }

    /** The flavours of comma-separated labels. */
    public static Set<Flavour> parseAll(String labels) {
        return Arrays.stream(labels.split(",", -1))
                .map(label -> parse(label)
                        .orElseThrow(() -> new IllegalArgumentException(
                                "unknown flavour '" + label + "' (want " + choices() + ")")))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Flavour.class)));
    }

    private static String choices() {
        return Arrays.stream(values()).map(Flavour::label).collect(Collectors.joining(", "));
    }
}
