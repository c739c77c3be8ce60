// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A mode: the way to carry Service traffic. */
public enum ProxyMode {
    IPTABLES,
    IPVS,
    USERSPACE,
    NFTABLES;

    /** What an empty {@code --proxy-mode} means. */
    public static final ProxyMode DEFAULT = IPTABLES;

    /** The value of {@code --proxy-mode}: the name in lower case. */
    public String flagValue() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The mode of that flag value; an empty one means {@link #DEFAULT}. */
    public static Optional<ProxyMode> parse(String text) {
        return text.isEmpty()
                ? Optional.of(DEFAULT)
                : Arrays.stream(values())
                        .filter(m -> m.flagValue().equals(text))
                        .findFirst();
    }

    /** The flag values of all modes, for messages. */
    public static String choices() {
        return Arrays.stream(values()).map(ProxyMode::flagValue).collect(Collectors.joining(", "));
    }
}
