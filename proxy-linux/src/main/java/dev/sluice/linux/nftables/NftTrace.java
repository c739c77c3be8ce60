// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.linux.rules.PacketTracer.End;
import dev.sluice.linux.rules.TracedPacket;
import java.util.List;

/**
 * The ways of a packet through a table.
 *
 * @param steps the rules that matched on any of them, each once
 * @param branches the ways; their probabilities add up to 1
 * @param comments those of the elements that were found, in this order
 */
public record NftTrace(List<Step> steps, List<Branch> branches, List<String> comments) {
    public NftTrace {
        steps = List.copyOf(steps);
        branches = List.copyOf(branches);
        comments = List.copyOf(comments);
    }

    /**
     * One way.
     *
     * @param end {@link End#PASSED}, {@link End#REWRITTEN}, {@link End#DROPPED} or {@link End#REJECTED}
     * @param masqueraded whether the packet leaves with an address of the node
     */
    public record Branch(End end, TracedPacket packet, double probability, boolean masqueraded) {}

    /** Whether the packet is forwarded on any way; otherwise whether it is refused or dropped on any. */
    public Trace.Verdict verdict() {
        if (any(End.REWRITTEN)) {
            return Trace.Verdict.FORWARD;
        }
        if (any(End.REJECTED)) {
            return Trace.Verdict.REJECT;
        }
        return any(End.DROPPED) ? Trace.Verdict.DROP : Trace.Verdict.NOT_A_SERVICE;
    }

    private boolean any(End end) {
        return branches.stream().anyMatch(branch -> branch.end() == end);
    }

    /** Where the packet is forwarded to. */
    public List<Candidate> candidates() {
        return branches.stream()
                .filter(branch -> branch.end() == End.REWRITTEN)
                .map(branch -> new Candidate(
                        branch.packet().destination(),
                        branch.packet().port(),
                        branch.probability(),
                        branch.masqueraded()))
                .toList();
    }
}
