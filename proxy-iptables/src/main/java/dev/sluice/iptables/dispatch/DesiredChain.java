// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import dev.sluice.linux.iptables.RestoreScript;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The desired content of one chain: rules whose order does not matter, then rules in order.
 *
 * @param anyOrder each at most once
 */
public record DesiredChain(List<String> anyOrder, List<String> end) {
    /** A chain of no more rules is rewritten rather than edited. */
    private static final int SHORT = 16;

    public DesiredChain {
        anyOrder = List.copyOf(anyOrder);
        end = List.copyOf(end);
    }

    public static DesiredChain inOrder(List<String> rules) {
        return new DesiredChain(List.of(), rules);
    }

    int size() {
        return anyOrder.size() + end.size();
    }

    private boolean matches(List<String> found) {
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

    /** The rules of {@code found} that are not desired or repeated; those of the end are not looked at. */
    private List<String> staleIn(List<String> found) {
        Map<String, Integer> counts = counts(anyOrder);
        List<String> stale = new ArrayList<>();
        for (String spec : found) {
            if (counts.merge(spec, -1, Integer::sum) < 0 && !end.contains(spec)) {
                stale.add(spec);
            }
        }
        return stale;
    }

    private static Map<String, Integer> counts(List<String> rules) {
        Map<String, Integer> counts = new HashMap<>();
        rules.forEach(spec -> counts.merge(spec, 1, Integer::sum));
        return counts;
    }

    /** Creates or empties {@code chain} and writes all its rules. */
    public void write(String chain, RestoreScript out) {
        out.declare(chain);
        anyOrder.forEach(spec -> out.append(chain, spec));
        end.forEach(spec -> out.append(chain, spec));
    }

    /** Turns {@code chain}, which holds {@code found}, into this: by single rules where that is shorter. */
    public void repair(String chain, List<String> found, RestoreScript out) {
        if (matches(found)) {
            return;
        }
        List<String> missing = missingIn(found);
        List<String> stale = staleIn(found);
        if (anyOrder.isEmpty() || size() <= SHORT || missing.size() + 2 * stale.size() > size()) {
            write(chain, out);
            return;
        }
        missing.forEach(spec -> out.insert(chain, 1, spec));
        stale.forEach(spec -> out.delete(chain, spec));
        if (!endsIn(found) || found.stream().filter(end::contains).count() != end.size()) {
            end.forEach(spec -> out.append(chain, spec));
            found.stream().filter(end::contains).forEach(spec -> out.delete(chain, spec));
        }
    }

    /**
     * Deletes the stale rules of {@code chain}, or rewrites it where that is shorter.
     *
     * @param found its rules without the end, before missing ones were added
     */
    public void deleteStale(String chain, List<String> found, RestoreScript out) {
        List<String> stale = staleIn(found);
        if (stale.size() > SHORT && stale.size() > size()) {
            write(chain, out);
        } else {
            stale.forEach(spec -> out.delete(chain, spec));
        }
    }
}
