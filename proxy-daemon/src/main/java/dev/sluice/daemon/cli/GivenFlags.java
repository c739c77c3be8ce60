// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The flags of a command line, not yet understood.
 *
 * @param values of each flag that is given, by its long name with hyphens, in the order of the command line
 * @param errors flags that lack their value
 * @param unmatched arguments that are none of a flag's
 */
record GivenFlags(Map<String, List<String>> values, List<String> errors, List<String> unmatched) {

    /**
     * Reads a command line that has nothing but known flags as {@code --name=value}, which those of nearly all
     * processes have; empty for others. Loading picocli takes a quarter of a small daemon's start.
     */
    static Optional<GivenFlags> plain(List<String> args, List<Flag> flags) {
        Set<String> names = new HashSet<>();
        flags.forEach(flag -> names.add(flag.name()));
        Map<String, List<String>> values = new HashMap<>();
        for (String arg : args) {
            int equals = arg.indexOf('=');
            boolean looksLikeTwoFlags = arg.startsWith("-", equals + 1);
            if (equals < 0 || looksLikeTwoFlags || !names.contains(arg.substring(0, equals))) {
                return Optional.empty();
            }
            values.computeIfAbsent(arg.substring(0, equals), name -> new ArrayList<>())
                    .add(arg.substring(equals + 1));
        }
        return Optional.of(new GivenFlags(values, List.of(), List.of()));
    }
}
