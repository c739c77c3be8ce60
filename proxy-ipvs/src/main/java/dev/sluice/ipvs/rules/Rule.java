package dev.sluice.ipvs.rules;

import dev.sluice.core.net.IpFamily;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A rule of a chain.
 *
 * @param target a chain, a verdict, or an extension with its options
 */
public record Rule(List<Match> matches, String target) {
    public Rule {
        matches = List.copyOf(matches);
    }

    /** The rule as iptables-save prints it, without its chain. */
    public String spec(IpFamily family) {
        String words = matches.stream().map(m -> m.text(family)).collect(Collectors.joining(" "));
        return (words.isEmpty() ? "" : words + " ") + "-j " + target;
    }
}
