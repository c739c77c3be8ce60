// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiCallTest {
    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            GET,    /api/v1/nodes,                                                  watch=true&limit=1, watch,  '', nodes
            GET,    /api/v1/nodes,                                                  limit=1,            list,   '', nodes
            GET,    /api/v1/nodes/a,                                                '',                 get,    '', nodes
            GET,    /api/v1/namespaces,                                             '',                 list,   '', namespaces
            GET,    /api/v1/namespaces/shop/services,                               '',                 list,   '', services
            PUT,    /api/v1/namespaces/shop/services/a/status,                      '',                 update, '', services/status
            POST,   /apis/events.k8s.io/v1/namespaces/shop/events,                  '',                 create, events.k8s.io, events
            PATCH,  /apis/events.k8s.io/v1/namespaces/shop/events/a,                '',                 patch,  events.k8s.io, events
            """)
    void readsRequestsForResources(
            String method, String path, String query, String verb, String group, String resource) {
        assertThat(ApiCall.of(method, path, query)).isEqualTo(new ApiCall(verb, group, resource, ""));
    }

    @Test
    void readsOtherRequests() {
        assertThat(ApiCall.of("GET", "/version", "")).isEqualTo(new ApiCall("get", "", "", "/version"));
        assertThat(ApiCall.of("GET", "/api", "")).isEqualTo(new ApiCall("get", "", "", "/api"));
    }
}
