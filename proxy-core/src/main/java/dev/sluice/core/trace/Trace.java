// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.trace;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The path of a packet through the rendered rules.
 *
 * @param service the service port that it belongs to, or null when it is not Service traffic
 * @param steps what it passes, in order
 * @param candidates the endpoints that it may reach, none unless it is forwarded; their probabilities add up to 1
 */
public record Trace(@Nullable ServicePortName service, List<Step> steps, Verdict verdict, List<Candidate> candidates) {

    public Trace {
        steps = List.copyOf(steps);
        candidates = List.copyOf(candidates);
    }

    /** A packet that matches no portal. */
    public static Trace notAService(List<Step> steps) {
        return stopped(null, steps, Verdict.NOT_A_SERVICE);
    }

    /** A packet that reaches no endpoint. */
    public static Trace stopped(@Nullable ServicePortName service, List<Step> steps, Verdict verdict) {
        return new Trace(service, steps, verdict, List.of());
    }

    /** Whether the endpoint sees an address of the node instead of the client's, whichever is chosen. */
    public boolean masqueraded() {
        return !candidates.isEmpty() && candidates.stream().allMatch(Candidate::masqueraded);
    }

    /** The verdict on the packet. */
    public enum Verdict {
        FORWARD,
        REJECT,
        DROP,
        NOT_A_SERVICE
    }

    /**
     * One rule or decision that the packet passes.
     *
     * @param where the place: {@code nat KUBE-SERVICES}, {@code ipvs 10.96.0.1:80/TCP}
     * @param what the rule or decision, as an operator's tool prints it
     */
    public record Step(String where, String what) {}

    /**
     * An endpoint that the packet may be sent to.
     *
     * @param masqueraded whether it would see an address of the node instead of the client's
     */
    public record Candidate(IpAddress address, int port, double probability, boolean masqueraded) {}
}
