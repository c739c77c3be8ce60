// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.repair;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.OwnedRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Damages the rules of a host as careless programs and people do, the same way for the same seed. */
final class Vandal {
    private static final List<String> TABLES = List.of("nat", "filter", "mangle");

    private final LabHost host;
    private final Random random;
    private final boolean nft;

    /** @param nft whether the host's iptables is the nft variant, so that {@code nft} sees the rules too */
    Vandal(LabHost host, Random random, boolean nft) {
        this.host = host;
        this.random = random;
        this.nft = nft;
    }

    /** Changes something of {@code rules}, which are applied; returns the command. */
    String strike(OwnedRules rules) {
        List<List<String>> commands = switch (random.nextInt(nft ? 12 : 10)) {
            case 0 -> List.of(delete(rules, place(rules, "KUBE-S")));
            case 1 -> List.of(redirect(rules));
            case 2 -> List.of(insert(place(rules, "KUBE-S")));
            case 3 -> List.of(edit(place(rules, "KUBE-S"), "-F"));
            case 4 -> List.of(delete(rules, place(rules, "PREROUTING", "OUTPUT", "POSTROUTING", "FORWARD")));
            case 5 -> List.of(rename(place(rules, "KUBE-SVC-")));
            case 6 -> List.of(line(family(), "-t", "nat", "-F"));
            case 7 -> List.of(line(family(), "-F"), line(family(), "-X"));
            case 8 -> flushEverything();
            case 9 -> List.of(replaceTable());
            case 10 -> List.of(List.of("nft", "flush", "ruleset"));
            default -> List.of(List.of("nft", "delete", "table", family() == IpFamily.IPV4 ? "ip" : "ip6", "nat"));
        };
        List<String> told = new ArrayList<>();
        for (List<String> command : commands) {
            // -X fails where a rule still jumps to a chain, and what fails changes nothing
            host.run(command.toArray(String[]::new));
            told.add(String.join(" ", command));
        }
        return told.size() > 3 ? told.getFirst() + "; ...; " + told.getLast() : String.join("; ", told);
    }

    private IpFamily family() {
        return random.nextBoolean() ? IpFamily.IPV4 : IpFamily.IPV6;
    }

    /** A chain that has rules and whose name begins with one of {@code prefixes}: family, table, chain. */
    private String[] place(OwnedRules rules, String... prefixes) {
        List<String> places = rules.chains().keySet().stream()
                .filter(place -> Stream.of(prefixes).anyMatch(p -> place.split(" ")[2].startsWith(p)))
                .filter(place -> !rules.rules(place).isEmpty())
                .sorted()
                .toList();
        return places.get(random.nextInt(places.size())).split(" ");
    }

    private List<String> delete(OwnedRules rules, String[] place) {
        List<String> specs = rules.rules(String.join(" ", place));
        return edit(place, "-D", words(specs.get(random.nextInt(specs.size()))));
    }

    /** An edit that leaves the number and the size of the rules as they are. */
    private List<String> redirect(OwnedRules rules) {
        String[] place = place(rules, "KUBE-SEP-");
        List<String> specs = rules.rules(String.join(" ", place));
        String rule = specs.getLast().replaceFirst(":\\d+$", ":1");
        List<String> arguments = new ArrayList<>(List.of(String.valueOf(specs.size())));
        arguments.addAll(List.of(words(rule)));
        return edit(place, "-R", arguments.toArray(String[]::new));
    }

    private static List<String> insert(String[] place) {
        return edit(place, "-I", "1", "-j", "RETURN");
    }

    private List<String> rename(String[] place) {
        return edit(place, "-E", "RENAMED-" + random.nextInt(1_000_000));
    }

    private List<List<String>> flushEverything() {
        List<List<String>> commands = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            for (String table : TABLES) {
                commands.add(line(family, "-t", table, "-F"));
                commands.add(line(family, "-t", table, "-X"));
            }
        }
        return commands;
    }

    /** Replaces a table, as firewall scripts that know only their own rules do: a restore without --noflush. */
    private List<String> replaceTable() {
        String table = random.nextBoolean() ? "nat" : "filter";
        return List.of("sh", "-c", "printf '*" + table + "\\nCOMMIT\\n' | " + OwnedRules.tool(family()) + "-restore");
    }

    private static List<String> edit(String[] place, String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of("-t", place[1], command, place[2]));
        arguments.addAll(List.of(more));
        return line(
                place[0].equals(IpFamily.IPV4.label()) ? IpFamily.IPV4 : IpFamily.IPV6,
                arguments.toArray(String[]::new));
    }

    private static List<String> line(IpFamily family, String... arguments) {
        List<String> line = new ArrayList<>(List.of(OwnedRules.tool(family), "-w"));
        line.addAll(List.of(arguments));
        return line;
    }

    /** The words of {@code spec}, split as a shell would. */
    private static String[] words(String spec) {
        return RuleLine.words(spec).toArray(String[]::new);
    }
}
