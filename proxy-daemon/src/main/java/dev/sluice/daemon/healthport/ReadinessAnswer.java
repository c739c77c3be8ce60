// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import dev.sluice.core.model.ServiceName;
import dev.sluice.daemon.http.Page;
import java.util.Map;

/**
 * The answer of a health check node port: kube-proxy's status, headers and body.
 *
 * @param endpoints how many ready endpoints the Service has on this node
 * @param proxyHealthy whether the rules follow the cluster
 */
record ReadinessAnswer(ServiceName service, int endpoints, boolean proxyHealthy) {
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

    Page page() {
        return new Page(
                status(),
                "application/json",
                body(),
                Map.of("X-Load-Balancing-Endpoint-Weight", Integer.toString(endpoints)));
    }
}
