// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The scheduler of a service port. The names are those of IPVS's schedulers, with the same meaning, and {@link #P2C}.
 */
public enum Scheduler {
    /** In turn, whatever the weights. */
    RR(false),
    /** In turn, by weight. */
    WRR(true),
    /** The fewest open connections. */
    LC(false),
    /** The fewest open connections for its weight. */
    WLC(true),
    /** By a hash of the address that the client connected to. */
    DH(false),
    /** By a hash of the client's address, by weight. */
    SH(true),
    /** The shortest expected delay: the fewest open connections for its weight with the new one. */
    SED(true),
    /** Never queue: an idle endpoint, else as {@link #SED}. */
    NQ(true),
    /** Two random ones by weight, and of these the one with fewer open connections for its weight. */
    P2C(true);

    private final boolean weighted;

    Scheduler(boolean weighted) {
        this.weighted = weighted;
    }

    /** Whether the share of an endpoint follows its weight. */
    public boolean weighted() {
        return weighted;
    }

    /** The name in flags and annotations: {@code rr}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The scheduler named {@code text}. */
    public static Optional<Scheduler> parse(String text) {
        return Arrays.stream(values()).filter(s -> s.text().equals(text)).findFirst();
    }

    /** All names, for messages: {@code rr, wrr, ...}. */
    public static String choices() {
        return Arrays.stream(values()).map(Scheduler::text).collect(Collectors.joining(", "));
    }

    /** The names of those that follow weights, for messages. */
    public static String weightedChoices() {
        return Arrays.stream(values())
                .filter(Scheduler::weighted)
                .map(Scheduler::text)
                .collect(Collectors.joining(", "));
    }
}
