// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.conformance.scenario.Result.Status;
import dev.sluice.core.net.IpFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Results as one table, with a line for each behaviour and a column for each flavour and family. */
public final class ConformanceTable {
    private final Map<String, List<Result>> byBehaviour = new LinkedHashMap<>();
    private final Collection<Result> results;

    /** @param order the behaviours in the order of the table */
    public ConformanceTable(Collection<Scenario> order, Collection<Result> results) {
        this.results = results;
        order.forEach(s -> byBehaviour.put(s.id(), new ArrayList<>()));
        results.forEach(r ->
                byBehaviour.computeIfAbsent(r.id(), id -> new ArrayList<>()).add(r));
        byBehaviour.values().removeIf(List::isEmpty);
    }

    /** The number of results of that status. */
    public long count(Status status) {
        return results.stream().filter(r -> r.status() == status).count();
    }

    /** {@code 80 behaviours, 391 results: 390 pass, 0 fail, 1 skip}. */
    public String summary() {
        long unsteady = count(Status.UNSTEADY);
        return byBehaviour.size() + " behaviours, " + results.size() + " results: " + count(Status.PASS) + " pass, "
                + count(Status.FAIL) + " fail, " + count(Status.SKIP) + " skip"
                + (unsteady == 0 ? "" : ", " + unsteady + " unsteady");
    }

    /** The table in Markdown, followed by the reasons of what did not pass and by measurements. */
    public String markdown() {
        StringBuilder s =
                new StringBuilder("# Conformance\n\n").append(summary()).append(".\n\n");
        s.append("The numbers are those of kube-proxy's behaviours as the project lists them; `-` is Sluice's own.");
        s.append(" `.` means: does not apply.\n\n| behaviour | # |");
        columns().forEach(c -> s.append(' ').append(c.label()).append(" |"));
        s.append("\n|---|---|").append("---|".repeat(columns().size())).append('\n');
        byBehaviour.values().forEach(row -> {
            s.append("| ").append(row.getFirst().behaviour()).append(" | ");
            s.append(row.getFirst().rows()).append(" |");
            columns().forEach(c -> s.append(' ').append(c.cell(row)).append(" |"));
            s.append('\n');
        });
        section(s, "What did not pass", r -> r.status() != Status.PASS, r -> r.status() + " " + r.id());
        section(
                s,
                "What was measured",
                r -> r.status() == Status.PASS && !r.detail().isEmpty(),
                Result::behaviour);
        return s.toString();
    }

    private void section(StringBuilder s, String title, Predicate<Result> which, Function<Result, String> name) {
        List<Result> chosen = results.stream().filter(which).toList();
        if (!chosen.isEmpty()) {
            s.append("\n## ").append(title).append("\n\n");
            chosen.forEach(r -> s.append("- ")
                    .append(name.apply(r))
                    .append(" (")
                    .append(r.flavour().label())
                    .append(", ")
                    .append(r.family())
                    .append("): ")
                    .append(r.detail().replace("\n", "\n  "))
                    .append('\n'));
        }
    }

    private record Column(Flavour flavour, IpFamily family) {
        String label() {
            return flavour.label() + (family == IpFamily.IPV4 ? " v4" : " v6");
        }

        String cell(List<Result> row) {
            return row.stream()
                    .filter(r -> r.flavour() == flavour && r.family() == family)
                    .map(r -> switch (r.status()) {
                        case PASS -> "pass";
                        case FAIL -> "**FAIL**";
                        case SKIP -> "skip";
                        case UNSTEADY -> "**unsteady**";
                    })
                    .findFirst()
                    .orElse(".");
        }
    }

    private static List<Column> columns() {
        return Stream.of(Flavour.values())
                .flatMap(m -> Stream.of(IpFamily.values()).map(f -> new Column(m, f)))
                .toList();
    }
}
