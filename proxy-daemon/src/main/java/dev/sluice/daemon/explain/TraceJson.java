// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.explain;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.daemon.http.JsonText;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A trace as JSON: {@code mode}, {@code family}, {@code packet}, {@code service} (null for none), {@code verdict}
 * ({@code forward}, {@code reject}, {@code drop}, {@code not_a_service}), {@code candidates} and {@code steps}.
 */
record TraceJson(ProxyMode mode, Packet packet, Trace trace) {

    String json() {
        return "{\"mode\":" + quote(mode.flagValue())
                + ",\"family\":" + quote(packet.family().label())
                + ",\"packet\":" + packetJson()
                + ",\"service\":" + (trace.service() == null ? "null" : quote(trace.service()))
                + ",\"verdict\":" + quote(trace.verdict().name().toLowerCase(Locale.ROOT))
                + ",\"candidates\":" + candidates()
                + ",\"steps\":" + steps() + "}\n";
    }

    private String packetJson() {
        return "{\"protocol\":" + quote(packet.protocol()) + ",\"source\":" + quote(packet.source())
                + ",\"destination\":" + quote(packet.destination()) + ",\"port\":" + packet.destinationPort()
                + ",\"origin\":" + quote(packet.origin().name().toLowerCase(Locale.ROOT))
                + ",\"interface\":" + quote(packet.inInterface()) + "}";
    }

    private String candidates() {
        return trace.candidates().stream()
                .map(c -> "{\"address\":" + quote(c.address()) + ",\"port\":" + c.port() + ",\"probability\":"
                        + String.format(Locale.ROOT, "%.10f", c.probability()) + ",\"masqueraded\":" + c.masqueraded()
                        + "}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private String steps() {
        return trace.steps().stream()
                .map(s -> "{\"where\":" + quote(s.where()) + ",\"what\":" + quote(s.what()) + "}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static String quote(Object value) {
        return JsonText.quote(value.toString());
    }
}
