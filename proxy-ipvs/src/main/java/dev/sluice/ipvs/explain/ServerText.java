// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.explain;

import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServer;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The text of a virtual server:
 * {@code wrr, persistent 10800 s, 2 real servers, weight 10.244.1.5:8080 3, 10.244.1.6:8080 1,
 * draining 10.244.1.7:8080}. Weights are shown where they differ.
 */
public final class ServerText {
    /** Those that can choose a real server of weight 0, unless they may fall back. */
    private static final Set<String> HASHES = Set.of("sh", "mh");

    private ServerText() {}

    /** @param applied what the kernel has; null while it is not known */
    static String of(DesiredServer planned, AppliedObjects.@Nullable Server applied) {
        VirtualServer settings = planned.server();
        StringBuilder text = new StringBuilder(settings.scheduler());
        if (has(settings, VirtualServer.SCHED_1)) {
            text.append(", flag ").append(settings.scheduler()).append("-fallback");
        }
        if (has(settings, VirtualServer.SCHED_2)) {
            text.append(", flag ").append(settings.scheduler()).append("-port");
        }
        if (has(settings, VirtualServer.PERSISTENT)) {
            text.append(", persistent ").append(settings.timeoutSeconds()).append(" s");
        }
        List<RealServer> servers = planned.realServers();
        text.append(", ").append(servers.size()).append(" real servers");
        if (servers.stream().map(RealServer::weight).distinct().count() > 1) {
            text.append(", weight ").append(joined(servers, true));
        }
        List<RealServer> draining = applied == null
                ? List.of()
                : applied.realServers().stream().filter(d -> d.weight() == 0).toList();
        if (!draining.isEmpty()) {
            text.append(", draining ").append(joined(draining, false));
            if (HASHES.contains(settings.scheduler()) && !has(settings, VirtualServer.SCHED_1)) {
                text.append(", whose share of the clients is refused");
            }
        }
        return text.toString();
    }

    private static boolean has(VirtualServer settings, int flag) {
        return (settings.flags() & flag) != 0;
    }

    private static String joined(List<RealServer> servers, boolean withWeight) {
        return servers.stream()
                .map(d -> withWeight
                        ? d.socketAddress() + " " + d.weight()
                        : d.socketAddress().toString())
                .sorted()
                .collect(Collectors.joining(", "));
    }
}
