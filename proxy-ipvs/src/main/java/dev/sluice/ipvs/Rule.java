package dev.sluice.ipvs;

import dev.sluice.core.net.IpFamily;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A rule of a chain.
 *
 * @param target a chain, a verdict, or an extension with its options
 */
record Rule(List<Match> matches, String target) {
    Rule {
        matches = List.copyOf(matches);
    }

    /** The rule as iptables-save prints it, without its chain. */
    String spec(IpFamily family) {
        String words = matches.stream().map(m -> m.text(family)).collect(Collectors.joining(" "));
        return (words.isEmpty() ? "" : words + " ") + "-j " + target;
    }
}
