// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import dev.sluice.core.model.ServiceName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * The answer of a health check node port: kube-proxy's status, headers and body.
 *
 * @param endpoints how many ready endpoints the Service has on this node
 * @param proxyHealthy whether the rules follow the cluster
 */
record ReadinessAnswer(ServiceName service, int endpoints, boolean proxyHealthy) {
    private static final DateTimeFormatter DATE = DateTimeFormatter.RFC_1123_DATE_TIME.withZone(ZoneOffset.UTC);

    int status() {
        return endpoints > 0 && proxyHealthy ? 200 : 503;
    }

    String body() {
        return """
            {
            	"service": {
            		"namespace": "%s",
            		"name": "%s"
            	},
            	"localEndpoints": %d,
            	"serviceProxyHealthy": %b
            }\
            """.formatted(service.namespace(), service.name(), endpoints, proxyHealthy);
    }

    /** The whole answer, after which the connection ends. */
    byte[] bytes(boolean withBody) {
        byte[] body = body().getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + (status() == 200 ? "200 OK" : "503 Service Unavailable")
                + "\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff"
                + "\r\nX-Load-Balancing-Endpoint-Weight: " + endpoints
                + "\r\nDate: " + DATE.format(Instant.now())
                + "\r\nContent-Length: " + body.length + "\r\nConnection: close\r\n\r\n";
        return (withBody ? head + body() : head).getBytes(StandardCharsets.UTF_8);
    }
}
