// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.ipvs;

import dev.sluice.testkit.lab.LabHost;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The objects of ipvs mode in the kernel, as input for the kernel's own tools: {@code ipvsadm -R},
 * {@code ipset restore} and {@code ip -batch}.
 */
record KernelContent(List<String> servers, List<String> members, List<String> addresses) {
    static KernelContent of(LabHost host) {
        return new KernelContent(
                // a real server of weight 0 drains
                lines(host, "ipvsadm", "-S", "-n").stream()
                        .filter(line -> !line.endsWith(" -w 0"))
                        .toList(),
                lines(host, "ipset", "save"),
                lines(host, "ip", "-4", "-o", "addr", "show", "dev", "kube-ipvs0").stream()
                        .map(line -> "addr add " + line.strip().split(" +")[3] + " dev kube-ipvs0")
                        .toList());
    }

    private static List<String> lines(LabHost host, String... command) {
        return host.run(command)
                .orThrow()
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /** The commands that turn {@code before} into this. */
    KernelContent since(KernelContent before) {
        return new KernelContent(
                withoutOrphans(difference(before.servers, servers, KernelContent::withoutServer)),
                difference(before.members, members, line -> line.replaceFirst("^add ", "del ")),
                difference(before.addresses, addresses, line -> line.replaceFirst("^addr add ", "addr del ")));
    }

    /** Lines for all tools. */
    int size() {
        return servers.size() + members.size() + addresses.size();
    }

    private static List<String> difference(List<String> before, List<String> after, UnaryOperator<String> undo) {
        Set<String> removed = new LinkedHashSet<>(before);
        after.forEach(removed::remove);
        Set<String> added = new LinkedHashSet<>(after);
        before.forEach(added::remove);
        List<String> difference = new ArrayList<>(added);
        removed.stream().map(undo).distinct().forEach(difference::add);
        return difference;
    }

    /** The kernel deletes a virtual server together with its real servers. */
    private static List<String> withoutOrphans(List<String> commands) {
        Set<String> deleted = commands.stream()
                .filter(command -> command.startsWith("-D "))
                .map(command -> "-d " + command.substring("-D ".length()) + " ")
                .collect(Collectors.toSet());
        return commands.stream()
                .filter(command -> deleted.stream().noneMatch(command::startsWith))
                .toList();
    }

    /** {@code -A -t VIP -s rr} to {@code -D -t VIP}, and {@code -a -t VIP -r IP -m -w 1} to {@code -d -t VIP -r IP}. */
    private static String withoutServer(String line) {
        String[] words = line.split(" ");
        return words[0].equals("-A")
                ? "-D " + words[1] + " " + words[2]
                : "-d " + words[1] + " " + words[2] + " " + words[3] + " " + words[4];
    }
}
