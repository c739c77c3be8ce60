// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.PacketNumber;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A dump of the table with what numbers stand for in their place. */
final class NamedNumbers {
    private static final Pattern ELEMENT =
            Pattern.compile("nft (\\S+) sluice set (\\S+): (\\S+)(?: : (goto \\S+|\\S+))?(?: \"(.*)\")?");
    private static final Pattern KIND_CHAIN = Pattern.compile("nft \\S+ sluice chain (choose|sticky|keep)-.*");

    /** By family and number. */
    private final Map<String, String> names = new HashMap<>();

    /** The slots of each pool, which are numbered from 0. */
    private final Map<String, TreeSet<Integer>> slots = new TreeMap<>();

    private NamedNumbers() {}

    static List<String> in(List<String> dump) {
        NamedNumbers numbers = new NamedNumbers();
        dump.forEach(numbers::learn);
        List<String> named = dump.stream()
                .filter(line -> !KIND_CHAIN.matcher(line).matches() && !line.contains(" set kinds: "))
                .map(numbers::named)
                .sorted()
                .collect(Collectors.toCollection(ArrayList::new));
        numbers.slots.forEach((pool, of) -> named.add(pool + " has the slots " + of));
        return named;
    }

    private static int number(String hex, int register) {
        return Words.of(HexFormat.of().parseHex(hex.replace(".", ""))).numberAt(register * Integer.BYTES);
    }

    private static String group(Matcher element, int number) {
        return Objects.requireNonNullElse(element.group(number), "");
    }

    private void learn(String line) {
        Matcher element = ELEMENT.matcher(line);
        if (!element.matches()) {
            return;
        }
        String family = group(element, 1) + " ";
        switch (group(element, 2)) {
            case "pools" -> names.put(family + number(group(element, 3), 0), group(element, 5));
            case "kinds", "sticky-targets" -> names.put(family + number(group(element, 3), 0), group(element, 4));
            default -> {
                // defines no number
            }
        }
    }

    private String named(String line) {
        Matcher element = ELEMENT.matcher(line);
        if (!element.matches()) {
            return line;
        }
        String family = group(element, 1);
        String set = group(element, 2);
        String key = group(element, 3);
        String value = group(element, 4);
        String name = switch (set) {
            case "pools", "sticky-targets", "sticky-members", "short-circuits" -> name(family, key);
            case "slots", "slots-2", "sticky-slots" -> slot(family, key);
            default -> key;
        };
        String what = switch (set) {
            case "sticky-slots", "sticky-members", "short-circuits", "service-ips", "service-nodeports" ->
                name(family, value);
            default -> value;
        };
        return family + " " + set + ": " + name + " : " + what + " " + group(element, 5);
    }

    private String slot(String family, String key) {
        String pool = name(family, key);
        slots.computeIfAbsent(family + " " + pool, _ -> new TreeSet<>()).add(number(key, 1));
        return pool;
    }

    private String name(String family, String hex) {
        int number = number(hex, 0);
        String pool = names.get(family + " " + (number & PacketNumber.POOL_MASK));
        if (pool == null) {
            return "nothing";
        }
        if ((number & PacketNumber.MEMBER) != 0) {
            return pool + " to " + names.get(family + " " + number);
        }
        int kind = number & PacketNumber.KIND_MASK;
        String how = kind == 0 ? "" : " " + names.get(family + " " + kind);
        return pool + how + " " + (number & (PacketNumber.MASQUERADE | PacketNumber.LOCAL_POLICY));
    }
}
