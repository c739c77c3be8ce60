// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tables and chains that an input of iptables-restore names.
 *
 * @param tables the number of lines that add or delete a rule, by table and chain; 0 for a chain that is only declared
 *     or deleted
 */
public record RestoreInput(Map<String, Map<String, Integer>> tables) {

    public static RestoreInput parse(String input) {
        Map<String, Map<String, Integer>> tables = new LinkedHashMap<>();
        Map<String, Integer> chains = new LinkedHashMap<>();
        int end;
        for (int at = 0; at < input.length(); at = end + 1) {
            end = input.indexOf('\n', at);
            end = end < 0 ? input.length() : end;
            if (end - at < 2) {
                continue;
            }
            switch (input.charAt(at)) {
                case '*' ->
                    chains = tables.computeIfAbsent(
                            input.substring(at + 1, end).strip(), table -> new LinkedHashMap<>());
                case ':' -> chains.merge(word(input, at + 1, end), 0, Integer::sum);
                case '-' -> chains.merge(word(input, at + 3, end), isRule(input.charAt(at + 1)) ? 1 : 0, Integer::sum);
                default -> {
                    // COMMIT, or a remark
                }
            }
        }
        return new RestoreInput(tables);
    }

    private static boolean isRule(char command) {
        return command == 'A' || command == 'I' || command == 'D' || command == 'R';
    }

    private static String word(String input, int from, int end) {
        int blank = input.indexOf(' ', from);
        return input.substring(Math.min(from, end), blank < 0 || blank > end ? end : blank);
    }
}
