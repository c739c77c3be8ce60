// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class FakeApiTest {
    private static final String SERVICES = "/api/v1/namespaces/shop/services";
    private static final String WEB =
            "{\"kind\": \"Service\", \"metadata\": {\"name\": \"web\", \"namespace\": \"shop\"}}";

    @Test
    void objectsAreCreatedChangedAndDeletedByRequest() throws IOException, InterruptedException {
        try (FakeApi api = new FakeApi(0, 1);
                HttpClient client = HttpClient.newHttpClient()) {
            assertThat(send(client, api, "POST", SERVICES, WEB).statusCode()).isEqualTo(201);
            assertThat(send(client, api, "POST", SERVICES, WEB).statusCode()).isEqualTo(409);
            String created = send(client, api, "GET", SERVICES + "/web", "").body();
            String uid = String.valueOf(
                    JsonDocument.object(JsonDocument.parse(created).get("metadata"))
                            .get("uid"));
            assertThat(created).contains("\"resourceVersion\": \"2\"");

            send(client, api, "PUT", SERVICES + "/web", WEB.replace("}}", "}, \"spec\": {\"type\": \"ClusterIP\"}}"));
            assertThat(send(client, api, "GET", SERVICES + "/web", "").body())
                    .contains("\"type\": \"ClusterIP\"", "\"uid\": \"" + uid + "\"", "\"resourceVersion\": \"3\"");
            assertThat(send(client, api, "GET", "/api/v1/services?fieldSelector=metadata.name%3Dweb", "")
                            .body())
                    .contains(uid);
            assertThat(send(client, api, "GET", "/api/v1/namespaces/other/services", "")
                            .body())
                    .doesNotContain(uid);

            api.refuseReads("services", 503);
            assertThat(send(client, api, "GET", "/api/v1/services", "").statusCode())
                    .isEqualTo(503);
            assertThat(send(client, api, "DELETE", SERVICES + "/web", "").statusCode())
                    .isEqualTo(200);
            api.refuseReads("services", 0);
            assertThat(send(client, api, "GET", SERVICES + "/web", "").statusCode())
                    .isEqualTo(404);
        }
    }

    private static HttpResponse<String> send(HttpClient client, FakeApi api, String method, String path, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(api.url() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
