package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.ipvs.rules.FixedRules;
import dev.sluice.ipvs.rules.Rule;
import dev.sluice.ipvs.rules.RuleTable;
import dev.sluice.ipvs.rules.ShortCircuit;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keeps the fixed rules in force, with those of the short circuits; what differs is mended in one restore, and nothing is
 * written when nothing does.
 */
public final class RuleSync {
    /** The chains that are ours to delete, by table; kube-proxy keeps KUBE-IPVS-OUT-FILTER in the filter table. */
    private static final Map<String, Set<String>> OWNED = Map.of(
            "nat",
            Set.of(
                    "KUBE-SERVICES",
                    "KUBE-POSTROUTING",
                    "KUBE-NODE-PORT",
                    "KUBE-LOAD-BALANCER",
                    "KUBE-MARK-MASQ",
                    "KUBE-SHORT-CIRCUIT",
                    FixedRules.SHORT_CIRCUIT_TO),
            "filter",
            Set.of(
                    "KUBE-FORWARD",
                    "KUBE-NODE-PORT",
                    "KUBE-PROXY-FIREWALL",
                    "KUBE-SOURCE-RANGES-FIREWALL",
                    "KUBE-IPVS-FILTER",
                    "KUBE-IPVS-OUT-FILTER"),
            "mangle",
            Set.of("KUBE-IPVS-OUT-FILTER"));

    /** Whether the chain of that table is ours to delete. */
    public static boolean owns(String table, String chain) {
        return OWNED.getOrDefault(table, Set.of()).contains(chain);
    }

    private final Iptables iptables;
    private final List<RuleTable> tables;
    private List<ShortCircuit> shortCircuits = List.of();

    public RuleSync(Iptables iptables, List<RuleTable> tables) {
        this.iptables = iptables;
        this.tables = List.copyOf(tables);
    }

    /** Whether rules of ours are in that chain, one of ours or a built-in one. */
    public static boolean isKept(String table, String chain) {
        Set<String> owned = OWNED.getOrDefault(table, Set.of());
        return owned.contains(chain) || !owned.isEmpty() && ChainName.isBuiltIn(chain);
    }

    /** Brings the rules in force, after a look at what is. */
    public KernelCost ensure(List<ShortCircuit> wanted) throws KernelException {
        IpFamily family = iptables.family();
        List<Rule> rules = rules(wanted);
        KernelCost cost = restore(tables.stream()
                .map(t -> t.desired(family, FixedRules.SHORT_CIRCUIT_TO, rules))
                .toList());
        shortCircuits = wanted;
        return cost;
    }

    /** Exchanges the rules of the short circuits, if they are not those that were written last. */
    public KernelCost exchange(List<ShortCircuit> wanted) throws KernelException {
        if (wanted.equals(shortCircuits)) {
            return KernelCost.NONE;
        }
        RestoreScript script = new RestoreScript().table("nat").declare(FixedRules.SHORT_CIRCUIT_TO);
        rules(wanted).forEach(rule -> script.append(FixedRules.SHORT_CIRCUIT_TO, rule.spec(iptables.family())));
        iptables.restore(script.text());
        shortCircuits = wanted;
        return new KernelCost(script.lines(), script.bytes());
    }

    private static List<Rule> rules(List<ShortCircuit> shortCircuits) {
        return shortCircuits.stream().map(ShortCircuit::rule).toList();
    }

    /** Takes the rules away. */
    void remove() throws KernelException {
        restore(tables.stream().map(t -> TableRules.nothing(t.name())).toList());
    }

    private KernelCost restore(List<TableRules> desired) throws KernelException {
        RestoreScript script = new RestoreScript();
        for (TableRules table : desired) {
            Set<String> owned = OWNED.getOrDefault(table.table(), Set.of());
            SavedTable inForce = SavedTable.parse(table.table(), iptables.save(table.table()));
            TableDiff.plan(inForce, table, owned::contains, script);
        }
        if (script.isEmpty()) {
            return KernelCost.NONE;
        }
        iptables.restore(script.text());
        return new KernelCost(script.lines(), script.bytes());
    }
}
