// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.explain;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import java.util.Locale;

/** A trace as text: the verdict, the endpoints that may get the packet, and each rule on the way. */
record TraceText(ProxyMode mode, Packet packet, Trace trace) {

    String lines() {
        StringBuilder s = new StringBuilder();
        s.append(packet.protocol()).append(" from ").append(packet.source());
        s.append(packet.origin() == Origin.NODE ? " (this node)" : arrival());
        s.append(" to ").append(packet.destination().withPort(packet.destinationPort()));
        s.append(", mode ").append(mode.flagValue()).append('\n');
        s.append(verdict()).append('\n');
        for (Candidate candidate : trace.candidates()) {
            s.append(String.format(
                    Locale.ROOT,
                    "  %5.1f %%  %s%s%n",
                    candidate.probability() * 100,
                    candidate.address().withPort(candidate.port()),
                    candidate.masqueraded() ? ", sees an address of the node" : ", sees " + packet.source()));
        }
        s.append(trace.steps().isEmpty() ? "No rule matches.\n" : "What it meets, in order:\n");
        int width = trace.steps().stream()
                .mapToInt(step -> step.where().length())
                .max()
                .orElse(0);
        trace.steps().forEach(step -> {
            s.append("  ").append(step.where());
            s.repeat(' ', width - step.where().length());
            s.append("  ").append(step.what()).append('\n');
        });
        return s.toString();
    }

    private String arrival() {
        return packet.inInterface().isEmpty()
                ? " (arriving; no interface given, so rules that ask for one do not match)"
                : " (arriving through " + packet.inInterface() + ")";
    }

    private String verdict() {
        String service = trace.service() == null ? "" : "Service " + trace.service() + ": ";
        return service
                + switch (trace.verdict()) {
                    case FORWARD -> "forwarded to one of";
                    case REJECT -> "rejected: the client is refused at once";
                    case DROP -> "dropped: the client gets no answer";
                    case NOT_A_SERVICE -> "Not a Service's: the proxy lets it pass as it is";
                };
    }
}
