// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.rules.RuleBuilder;
import java.util.List;
import java.util.Set;

/**
 * Checks that a rule is spelled as iptables-save would print it. It knows some matches only, each checked against
 * iptables 1.8.9.
 */
public final class CanonicalForm {
    private static final List<String> ORDER = List.of("-s", "-d", "-i", "-o", "-p", "-m", "-j");
    private static final Set<String> PORT_MATCHES = Set.of("tcp", "udp", "sctp");

    private final IpFamily family;

    public CanonicalForm(IpFamily family) {
        this.family = family;
    }

    /** @throws AssertionError when save would print {@code spec} differently */
    public void check(String spec) {
        List<String> words = RuleLine.words(spec);
        require(spec.equals(spec.strip()) && !unquoted(spec).contains("  "), spec, "single blanks only");
        int stage = -1;
        String match = "";
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            String value = i + 1 < words.size() ? words.get(i + 1) : "";
            int rank = ORDER.indexOf(word.equals("-g") ? "-j" : word);
            if (rank >= 0) {
                require(
                        rank > stage || rank == stage && word.equals("-m"),
                        spec,
                        word + " stands twice or too late (order: " + ORDER + ")");
                stage = rank;
            }
            match = word.equals("-m") || word.equals("-j") ? value : match;
            argument(spec, word, value, match);
        }
        target(spec, words);
    }

    private void argument(String spec, String word, String value, String match) {
        switch (word) {
            case "-s", "-d" -> network(spec, value);
            case "-p" -> require(value.matches("[a-z][a-z0-9-]*"), spec, "-p takes a lower-case name");
            case "--dport", "--sport" ->
                require(PORT_MATCHES.contains(match), spec, word + " follows -m tcp, udp or sctp");
            case "--comment" -> {
                String comment = RuleBuilder.rule().comment(value).noTarget().text();
                require(spec.contains(comment), spec, comment);
            }
            case "--mark", "--set-xmark" ->
                require(value.matches("0x(0|[1-9a-f][0-9a-f]*)(/0x(0|[1-9a-f][0-9a-f]*))?"), spec, "mark " + value);
            case "--or-mark", "--xor-mark", "--set-mark", "--and-mark" ->
                require(false, spec, word + " is printed as --set-xmark");
            case "--probability" -> require(value.matches("[01]\\.[0-9]{11}"), spec, "probability has 11 decimals");
            case "--nfacct-name" ->
                require(spec.contains("--nfacct-name  " + value), spec, "two blanks stand before a counter's name");
            case "--to-port" -> require(false, spec, "--to-port is printed as --to-ports");
            case "--rcheck", "--set", "--update" ->
                require(
                        !match.equals("recent") || spec.contains(" --mask "),
                        spec,
                        "recent prints --mask and --rsource");
            default -> {}
        }
    }

    private void network(String spec, String value) {
        boolean printed = Cidr.parse(value)
                .filter(net -> net.family() == family
                        && net.length() > 0
                        && net.toString().equals(value))
                .isPresent();
        require(printed, spec, "not a network of " + family + " as save prints it: " + value);
    }

    private void target(String spec, List<String> words) {
        if (words.contains("-j")
                && RuleLine.target(spec).filter("REJECT"::equals).isPresent()) {
            String with = family == IpFamily.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable";
            require(words.contains("--reject-with"), spec, "REJECT is printed with --reject-with " + with);
        }
    }

    private static String unquoted(String spec) {
        // libxt_nfacct prints two blanks before a counter's name
        return spec.replaceAll("\"(\\\\.|[^\"\\\\])*\"", "x").replace("--nfacct-name  ", "--nfacct-name ");
    }

    private static void require(boolean holds, String spec, String rule) {
        if (!holds) {
            throw new AssertionError("not in the form that iptables-save prints: " + rule + "\n  " + spec);
        }
    }
}
