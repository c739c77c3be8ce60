// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The daemon's answer about a packet on its page {@code /debug/explain}.
 *
 * @param service empty when the packet is for no Service
 */
public record Explained(String service, Verdict verdict, List<Candidate> candidates, List<Step> steps) {

    /** Parses the page's JSON. */
    static Explained parse(String json) {
        Map<?, ?> page = (Map<?, ?>)
                new Load(LoadSettings.builder().setCodePointLimit(64 << 20).build()).loadFromString(json);
        String service = page.get("service") instanceof String name ? name : "";
        Verdict verdict = Verdict.valueOf(text(page, "verdict").toUpperCase(Locale.ROOT));
        List<Candidate> candidates = list(page, "candidates").stream()
                .map(c -> new Candidate(
                        IpAddress.of(text(c, "address")),
                        Integer.parseInt(text(c, "port")),
                        Double.parseDouble(text(c, "probability")),
                        Boolean.parseBoolean(text(c, "masqueraded"))))
                .toList();
        List<Step> steps = list(page, "steps").stream()
                .map(s -> new Step(text(s, "where"), text(s, "what")))
                .toList();
        return new Explained(service, verdict, candidates, steps);
    }

    private static String text(Map<?, ?> object, String key) {
        return Objects.requireNonNull(object.get(key), key).toString();
    }

    private static List<Map<?, ?>> list(Map<?, ?> page, String key) {
        return ((List<?>) Objects.requireNonNull(page.get(key), key))
                .stream().<Map<?, ?>>map(entry -> (Map<?, ?>) entry).toList();
    }

    /** {@code FORWARD to 10.244.1.2:8080 (50%, masqueraded), ...}, followed by the rules on the way. */
    @Override
    public String toString() {
        String to = candidates.stream()
                .map(c -> c.address().withPort(c.port()) + " (" + Math.round(c.probability() * 100) + "%"
                        + (c.masqueraded() ? ", masqueraded)" : ")"))
                .collect(Collectors.joining(", "));
        String way = steps.stream().map(s -> s.where() + ": " + s.what()).collect(Collectors.joining("\n    "));
        return verdict + (to.isEmpty() ? "" : " to " + to) + (way.isEmpty() ? "" : ", by\n    " + way);
    }
}
