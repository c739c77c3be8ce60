package dev.sluice.ipvs.explain;

import dev.sluice.ipvs.plan.PlannedServer;
import dev.sluice.linux.ipvs.RealServer;
import java.util.List;
import java.util.function.ToIntFunction;

/** What part of the new connections of many clients a virtual server sends to each destination. */
public final class Shares {
    private Shares() {}

    /** By destination, in their order; together 1. Destinations as busy as their weights are taken for granted. */
    static List<Double> of(PlannedServer server) {
        ToIntFunction<RealServer> part = switch (server.server().scheduler()) {
            case "rr", "lc", "dh" -> destination -> 1;
            case "fo" -> {
                int most = server.destinations().stream()
                        .mapToInt(RealServer::weight)
                        .max()
                        .orElse(0);
                yield destination -> destination.weight() == most ? 1 : 0;
            }
            default -> RealServer::weight;
        };
        double all = server.destinations().stream().mapToLong(part::applyAsInt).sum();
        return server.destinations().stream()
                .map(destination -> part.applyAsInt(destination) / all)
                .toList();
    }
}
