// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import com.sun.net.httpserver.HttpExchange;
import dev.sluice.testkit.api.ApiFault;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** The API server's authorization: refuses with 403 what no rule allows, and remembers every call. */
final class Authorization implements ApiFault {
    private final List<PolicyRule> rules;
    private final Set<ApiCall> allowed = ConcurrentHashMap.newKeySet();
    private final Set<ApiCall> denied = ConcurrentHashMap.newKeySet();

    Authorization(List<PolicyRule> rules) {
        this.rules = List.copyOf(rules);
    }

    @Override
    public boolean answer(HttpExchange exchange) throws IOException, InterruptedException {
        String query = Objects.requireNonNullElse(exchange.getRequestURI().getQuery(), "");
        ApiCall call =
                ApiCall.of(exchange.getRequestMethod(), exchange.getRequestURI().getPath(), query);
        if (rules.stream().anyMatch(call::isAllowedBy)) {
            allowed.add(call);
            return false;
        }
        denied.add(call);
        return ApiFault.refusal(403).answer(exchange);
    }

    /** The calls that no rule allows. */
    Set<ApiCall> denied() {
        return Set.copyOf(denied);
    }

    /** Whether a call like this was allowed, or any was denied, so that there is no reason to wait for more. */
    boolean isDecided(String verb, String resource) {
        return !denied.isEmpty()
                || allowed.stream()
                        .anyMatch(call ->
                                call.verb().equals(verb) && call.resource().equals(resource));
    }

    /** The parts of the rules that no call needed, e.g. {@code get nodes}. */
    Set<String> unused() {
        Set<String> unused = new TreeSet<>();
        for (ApiCall each : everythingAllowed()) {
            if (!allowed.contains(each)) {
                unused.add(each.verb() + " " + each.group() + " " + each.resource() + each.path());
            }
        }
        return unused;
    }

    private List<ApiCall> everythingAllowed() {
        List<ApiCall> all = new ArrayList<>();
        for (PolicyRule rule : rules) {
            for (String verb : rule.getVerbs()) {
                rule.getNonResourceURLs().forEach(path -> all.add(new ApiCall(verb, "", "", path)));
                for (String group : rule.getApiGroups()) {
                    rule.getResources().forEach(resource -> all.add(new ApiCall(verb, group, resource, "")));
                }
            }
        }
        return all;
    }
}
