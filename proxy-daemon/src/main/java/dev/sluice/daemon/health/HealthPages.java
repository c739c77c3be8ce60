// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The pages {@code /healthz} and {@code /livez}: kube-proxy's JSON or, for {@code ?verbose}, a line for each check as
 * the API server and the kubelet write them.
 */
public final class HealthPages {
    private static final String NODE = ProblemCause.NODE_NOT_ELIGIBLE.check();
    private static final String RULES = ProblemCause.SYNC_LATE.check();
    private static final String THREADS = ProblemCause.THREAD_HANGING.check();

    private final HealthState state;

    public HealthPages(HealthState state) {
        this.state = state;
    }

    /** By path. */
    public Map<String, Function<Request, Page>> byPath() {
        return Map.of("/healthz", this::healthz, "/livez", this::livez);
    }

    private Page healthz(Request request) {
        HealthSnapshot health = state.now();
        int status = health.isHealthy() ? 200 : 503;
        if (!request.asks("verbose")) {
            return Page.json(status, health.healthzJson());
        }
        Set<String> failed = failed(health.problems());
        Set<String> counted = counted(health);
        counted.addAll(health.nodeEligible() ? Set.of() : Set.of(NODE));
        Set<String> checks = Stream.of(ProblemCause.values())
                .map(ProblemCause::check)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        failed.addAll(counted);
        return verbose("healthz", status, checks, failed, counted, health.problems());
    }

    private Page livez(Request request) {
        HealthSnapshot health = state.now();
        int status = health.canWork() ? 200 : 503;
        if (!request.asks("verbose")) {
            return Page.json(status, health.livezJson());
        }
        List<HealthProblem> problems = health.problems().stream()
                .filter(p -> p.fatal() || p.cause() == ProblemCause.SYNC_LATE)
                .toList();
        Set<String> failed = failed(problems);
        return verbose("livez", status, List.of(RULES, THREADS), failed, failed, problems);
    }

    /** The checks that make the page 503, the node's apart. */
    private static Set<String> counted(HealthSnapshot health) {
        return health.ready() ? new LinkedHashSet<>() : new LinkedHashSet<>(Set.of(RULES));
    }

    private static Set<String> failed(List<HealthProblem> problems) {
        return problems.stream()
                .map(problem -> problem.cause().check())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static Page verbose(
            String page,
            int status,
            Collection<String> checks,
            Set<String> failed,
            Set<String> counted,
            List<HealthProblem> problems) {
        StringBuilder text = new StringBuilder();
        for (String check : checks) {
            if (!failed.contains(check)) {
                text.append("[+]").append(check).append(" ok\n");
                continue;
            }
            text.append("[-]").append(check).append(" failed");
            text.append(counted.contains(check) ? ":" : ", not counted:").append('\n');
            problems.stream()
                    .filter(problem -> problem.cause().check().equals(check))
                    .forEach(
                            problem -> text.append("    ").append(line(problem)).append('\n'));
        }
        text.append(page)
                .append(" check ")
                .append(status == 200 ? "passed" : "failed")
                .append('\n');
        return Page.text(status, text.toString());
    }

    private static String line(HealthProblem problem) {
        String what = problem.object() + (problem.field().isEmpty() ? "" : " " + problem.field());
        return problem.cause().label() + " since " + HealthProblem.time(problem.since()) + ": " + what + ": "
                + problem.message().replaceAll("\\s+", " ").replaceFirst("\\.$", "") + ". " + problem.remedy();
    }
}
