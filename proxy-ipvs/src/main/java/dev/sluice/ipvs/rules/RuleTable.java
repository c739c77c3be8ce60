package dev.sluice.ipvs.rules;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.RuleText;
import dev.sluice.linux.iptables.TableRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rules of ipvs mode in one table: its chains, and the jumps to them from built-in chains. */
public final class RuleTable {
    private final String name;
    private final Map<String, List<Rule>> chains = new LinkedHashMap<>();
    private final List<Jump> jumps = new ArrayList<>();

    /** A rule at the head of a built-in chain. */
    public record Jump(String from, String to, String comment) {
        String spec() {
            return RuleText.comment(comment) + " -j " + to;
        }
    }

    RuleTable(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    RuleTable chain(String chain) {
        chains.computeIfAbsent(chain, key -> new ArrayList<>());
        return this;
    }

    RuleTable rule(String chain, String target, Match... matches) {
        chains.computeIfAbsent(chain, key -> new ArrayList<>()).add(new Rule(List.of(matches), target));
        return this;
    }

    /** Adds a jump above those that were added before. */
    RuleTable jump(String from, String to, String comment) {
        jumps.add(new Jump(from, to, comment));
        return this;
    }

    public Set<String> chains() {
        return chains.keySet();
    }

    public List<Rule> rules(String chain) {
        return chains.getOrDefault(chain, List.of());
    }

    /** The jumps of a built-in chain, from its head on. */
    public List<Jump> jumps(String from) {
        return jumps.reversed().stream().filter(j -> j.from().equals(from)).toList();
    }

    public TableRules desired(IpFamily family) {
        return desired(family, "", List.of());
    }

    /** The table's rules, of which {@code chain}, if it has that, holds {@code changing}. */
    public TableRules desired(IpFamily family, String chain, List<Rule> changing) {
        TableRules.Builder table = TableRules.of(name);
        chains.forEach((key, rules) -> table.chain(
                key,
                (key.equals(chain) ? changing : rules)
                        .stream().map(r -> r.spec(family)).toList()));
        jumps.forEach(jump -> table.jump(jump.from(), jump.spec()));
        return table.build();
    }
}
