// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rules of the proxy on a host, as iptables-save prints them: its own chains, and its jumps in built-in ones. They
 * are equal when they do the same: the rules of shared chains, whose order has no meaning, are sorted.
 *
 * @param chains rules by family, table and chain, e.g. {@code IPv4 nat KUBE-SERVICES}
 */
public record OwnedRules(Map<String, List<String>> chains) {
    /** The chains in which the order of rules matters. */
    private static final List<String> ORDERED = List.of(
            "KUBE-SVC-",
            "KUBE-SVL-",
            "KUBE-SEP-",
            "KUBE-EXT-",
            "KUBE-FW-",
            "KUBE-FORWARD",
            "KUBE-POSTROUTING",
            "KUBE-MARK-MASQ");

    private static final List<String> HOOKS = List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING");

    /** Reads the rules of both families. */
    public static OwnedRules of(LabHost host) {
        Map<String, List<String>> chains = new TreeMap<>();
        for (IpFamily family : IpFamily.values()) {
            read(host.run(tool(family) + "-save").orThrow(), family, chains);
        }
        chains.forEach((place, rules) -> {
            String chain = place.substring(place.lastIndexOf(' ') + 1);
            if (ORDERED.stream().noneMatch(chain::startsWith)) {
                rules.sort(null);
            }
        });
        return new OwnedRules(chains);
    }

    /** {@code iptables} or {@code ip6tables}. */
    public static String tool(IpFamily family) {
        return family == IpFamily.IPV4 ? "iptables" : "ip6tables";
    }

    private static void read(String save, IpFamily family, Map<String, List<String>> chains) {
        String table = "";
        for (String line : save.lines().toList()) {
            if (line.startsWith("*")) {
                table = line.substring(1);
            } else if (line.startsWith(":") && isOwned(word(line, 1))) {
                chains.computeIfAbsent(place(family, table, word(line, 1)), c -> new ArrayList<>());
            } else if (line.startsWith("-A ")) {
                String chain = word(line, 3);
                String spec = line.substring(Math.min(line.length(), 4 + chain.length()));
                if (isOwned(chain) || HOOKS.contains(chain) && leadsToOwned(spec)) {
                    chains.computeIfAbsent(place(family, table, chain), c -> new ArrayList<>())
                            .add(spec);
                }
            }
        }
    }

    private static String place(IpFamily family, String table, String chain) {
        return family.label() + " " + table + " " + chain;
    }

    private static String word(String line, int from) {
        int end = line.indexOf(' ', from);
        return end < 0 ? line.substring(from) : line.substring(from, end);
    }

    private static boolean isOwned(String chain) {
        return chain.startsWith("KUBE-") || chain.startsWith("SLUICE-");
    }

    private static boolean leadsToOwned(String spec) {
        return spec.contains("-j KUBE-") || spec.contains("-j SLUICE-");
    }

    /** The rules of a chain. */
    public List<String> rules(String place) {
        return chains.getOrDefault(place, List.of());
    }

    /** The rules that only one of the two has, as readable text. */
    public String difference(OwnedRules there) {
        List<String> lines = new ArrayList<>();
        chains.forEach((place, rules) -> {
            if (!rules.equals(there.chains.get(place))) {
                lines.add(place + " was " + rules + ", is " + there.chains.get(place));
            }
        });
        there.chains.keySet().stream().filter(p -> !chains.containsKey(p)).forEach(p -> lines.add(p + " is new"));
        return String.join("; ", lines.subList(0, Math.min(3, lines.size())));
    }
}
