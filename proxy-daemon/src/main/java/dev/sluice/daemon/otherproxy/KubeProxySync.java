// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How far a running kube-proxy is, by its metrics. Those of older versions have no label for the family.
 *
 * @param mode its {@code /proxyMode}
 * @param queued the labels of the families that have a sync to do, or had one
 * @param synced the labels of the families whose rules have been in force once
 */
record KubeProxySync(String mode, Set<String> queued, Set<String> synced) {
    private static final String PREFIX = "kubeproxy_sync_proxy_rules_last_";
    private static final Pattern SAMPLE =
            Pattern.compile("(?m)^" + PREFIX + "(queued_)?timestamp_seconds(\\{[^}]*})? (\\S+)");

    KubeProxySync {
        queued = Set.copyOf(queued);
        synced = Set.copyOf(synced);
    }

    /** @param page its {@code /metrics} */
    static KubeProxySync of(String mode, String page) {
        return new KubeProxySync(mode, labels(page, true), labels(page, false));
    }

    private static Set<String> labels(String page, boolean ofQueued) {
        return SAMPLE.matcher(page)
                .results()
                .filter(sample -> (sample.group(1) != null) == ofQueued && isPositive(sample.group(3)))
                .map(sample -> sample.group(2) == null ? "" : sample.group(2))
                .collect(Collectors.toSet());
    }

    private static boolean isPositive(String value) {
        Matcher number = Pattern.compile("\\d+(\\.\\d+)?(e\\+?\\d+)?").matcher(value);
        return number.matches() && Double.parseDouble(value) > 0;
    }

    /** Whether each family's first sync is in force. */
    boolean inForce() {
        return !synced.isEmpty() && synced.containsAll(queued);
    }
}
