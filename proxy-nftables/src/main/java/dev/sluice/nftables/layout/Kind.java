// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A way to choose an endpoint. Each has a chain, which all pools of that kind share.
 *
 * @param slots how many there are to choose from, at least 1
 * @param affinitySeconds how long a client keeps its endpoint, 0 for no affinity
 * @param slotMap which map of slots its pools use, from 0; 0 where clients keep their endpoints
 */
public record Kind(int slots, int affinitySeconds, int slotMap, Choice choice) {
    private static final String STICKY = "sticky-";
    private static final Pattern CHAIN =
            Pattern.compile("(sticky-)?(?:([a-z]+)-)?(\\d{1,9})(?:-of-(\\d{1,9}))?(?:-(\\d{1,9})s)?");

    /** Random, with the first map of slots. */
    public Kind(int slots, int affinitySeconds) {
        this(slots, affinitySeconds, 0, Choice.RANDOM);
    }

    /** The name of its chain. */
    public String chain() {
        if (affinitySeconds == 0) {
            return choice.label() + "-" + slots + (slotMap == 0 ? "" : "-of-" + (slotMap + 1));
        }
        return STICKY + (choice.hashes() ? choice.label() + "-" : "") + slots + "-" + affinitySeconds + "s";
    }

    /** The chain where a client keeps its endpoint for that time. */
    String keepChain() {
        return keepChain(affinitySeconds);
    }

    static String keepChain(int seconds) {
        return "keep-" + seconds + "s";
    }

    /** It is asked for with each pool, and the method that a record gets takes several times as long. */
    @Override
    public int hashCode() {
        return ((slots * 31 + affinitySeconds) * 31 + slotMap) * 31 + choice.hashCode();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Kind kind
                && slots == kind.slots
                && affinitySeconds == kind.affinitySeconds
                && slotMap == kind.slotMap
                && choice == kind.choice;
    }

    /** The kind that has a chain of that name. */
    public static Optional<Kind> ofChain(String name) {
        Matcher parts = CHAIN.matcher(name);
        if (!parts.matches()) {
            return Optional.empty();
        }
        String label = parts.group(2) == null ? Choice.RANDOM.label() : parts.group(2);
        return Choice.labelled(label)
                .map(choice -> new Kind(
                        Integer.parseInt(parts.group(3)),
                        number(parts.group(5), 0),
                        number(parts.group(4), 1) - 1,
                        choice))
                .filter(kind -> kind.chain().equals(name));
    }

    private static int number(@Nullable String digits, int otherwise) {
        return digits == null ? otherwise : Integer.parseInt(digits);
    }
}
