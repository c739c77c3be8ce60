// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** By what a new connection gets its slot. */
public enum Choice {
    /** By a random number. */
    RANDOM("", "choose"),
    /** By a hash of the client's address. */
    CLIENT("sh", "client"),
    /** By a hash of the address that the client connects to. */
    ADDRESS("dh", "address");

    private final String scheduler;
    private final String label;

    Choice(String scheduler, String label) {
        this.scheduler = scheduler;
        this.label = label;
    }

    /** The scheduler of IPVS that chooses so. */
    public static Optional<Choice> ofScheduler(String name) {
        return Arrays.stream(values())
                .filter(choice -> choice.hashes() && choice.scheduler.equals(name))
                .findFirst();
    }

    /** The schedulers that there are, for messages: {@code sh, dh}. */
    public static String schedulers() {
        return Arrays.stream(values())
                .filter(Choice::hashes)
                .map(choice -> choice.scheduler)
                .collect(Collectors.joining(", "));
    }

    /** Whether the same key always gives the same slot. */
    public boolean hashes() {
        return this != RANDOM;
    }

    /** What the names of its chains begin with. */
    String label() {
        return label;
    }

    static Optional<Choice> labelled(String label) {
        return Arrays.stream(values())
                .filter(choice -> choice.label.equals(label))
                .findFirst();
    }
}
