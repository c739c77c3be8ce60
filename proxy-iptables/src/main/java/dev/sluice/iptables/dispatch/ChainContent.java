package dev.sluice.iptables.dispatch;

import dev.sluice.linux.iptables.RestoreScript;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one of our chains is to hold: rules whose order means nothing, and after them rules in order.
 *
 * @param anyOrder each at most once
 */
public record ChainContent(List<String> anyOrder, List<String> end) {
    /** Below this number of rules a chain is rather written anew than edited. */
    private static final int SHORT = 16;

    public ChainContent {
        anyOrder = List.copyOf(anyOrder);
        end = List.copyOf(end);
    }

    public static ChainContent inOrder(List<String> rules) {
        return new ChainContent(List.of(), rules);
    }

    int size() {
        return anyOrder.size() + end.size();
    }

    boolean isIn(List<String> found) {
        return found.size() == size() && endsIn(found) && missingIn(found).isEmpty();
    }

    private boolean endsIn(List<String> found) {
        return found.size() >= end.size()
                && found.subList(found.size() - end.size(), found.size()).equals(end);
    }

    private List<String> missingIn(List<String> found) {
        Map<String, Integer> counts = counts(found);
        return anyOrder.stream().filter(spec -> !counts.containsKey(spec)).toList();
    }

    /** What {@code found} has too much of, apart from the end. */
    private List<String> surplusOf(List<String> found) {
        Map<String, Integer> wanted = counts(anyOrder);
        List<String> surplus = new ArrayList<>();
        for (String spec : found) {
            if (wanted.merge(spec, -1, Integer::sum) < 0 && !end.contains(spec)) {
                surplus.add(spec);
            }
        }
        return surplus;
    }

    private static Map<String, Integer> counts(List<String> rules) {
        Map<String, Integer> counts = new HashMap<>();
        rules.forEach(spec -> counts.merge(spec, 1, Integer::sum));
        return counts;
    }

    /** Creates or empties {@code chain} and writes all of it. */
    public void write(String chain, RestoreScript out) {
        out.declare(chain);
        anyOrder.forEach(spec -> out.append(chain, spec));
        end.forEach(spec -> out.append(chain, spec));
    }

    /** Turns {@code found} into this, rule by rule where that is shorter. */
    public void mend(String chain, List<String> found, RestoreScript out) {
        if (isIn(found)) {
            return;
        }
        List<String> missing = missingIn(found);
        List<String> surplus = surplusOf(found);
        if (anyOrder.isEmpty() || size() <= SHORT || missing.size() + 2 * surplus.size() > size()) {
            write(chain, out);
            return;
        }
        missing.forEach(spec -> out.insert(chain, 1, spec));
        surplus.forEach(spec -> out.delete(chain, spec));
        if (!endsIn(found) || found.stream().filter(end::contains).count() != end.size()) {
            end.forEach(spec -> out.append(chain, spec));
            found.stream().filter(end::contains).forEach(spec -> out.delete(chain, spec));
        }
    }

    /**
     * Deletes from {@code chain} what it should not hold; writes it anew where that is shorter.
     *
     * @param found what it held before the rest of this was added; without the end
     */
    public void deleteSurplus(String chain, List<String> found, RestoreScript out) {
        List<String> surplus = surplusOf(found);
        if (surplus.size() > SHORT && surplus.size() > size()) {
            write(chain, out);
        } else {
            surplus.forEach(spec -> out.delete(chain, spec));
        }
    }
}
