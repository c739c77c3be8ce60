// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.kubernetes.EventSink;
import dev.sluice.testkit.api.FakeApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiConnectionTest {
    private static final String KUBECONFIG = """
            apiVersion: v1
            kind: Config
            current-context: here
            contexts:
            - name: here
              context: {cluster: lab, user: proxy}
            clusters:
            - name: lab
              cluster: {server: "SERVER"}
            users:
            - name: proxy
              user: {tokenFile: token}
            """;

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    current-context: here   | # none                       | no current-context is set: add one, or run kubectl config use-context
                    current-context: here   | current-context: there       | there is no context named "there"; it has here
                    name: lab               | name: other                  | there is no cluster named "lab"; it has other
                    name: proxy             | name: other                  | there is no user named "proxy"; it has other
                    server: "SERVER"        | insecure-skip-tls-verify: true | the cluster "lab" has no server
                    tokenFile: token        | tokenFile: nowhere           | tokenFile names nowhere, which does not exist or cannot be read
                    server: "SERVER"        | server: "SERVER", certificate-authority: ca.crt | certificate-authority names ca.crt, which does not exist or cannot be read
                    tokenFile: token        | client-key: key.pem          | client-key names key.pem, which does not exist or cannot be read
                    server: "SERVER"        | server: 7                    | the cluster "lab" has no server
                    """)
    void aMistakeInTheKubeconfigIsNamed(String part, String instead, String message) throws IOException {
        Path file = kubeconfig(KUBECONFIG.replace(part, instead), "http://localhost:1");

        assertThatThrownBy(() -> ApiConnection.open(new ApiOptions(file, "", "sluice/test")))
                .isInstanceOf(ApiConfigException.class)
                .hasMessage("kubeconfig " + file + ": " + message);
    }

    @Test
    void aMissingOrUnreadableKubeconfigIsNamed() throws IOException {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(() -> ApiConnection.open(new ApiOptions(missing, "", "sluice/test")))
                .isInstanceOf(ApiConfigException.class)
                .hasMessage("kubeconfig " + missing + " does not exist: check --kubeconfig");

        Path empty = Files.writeString(directory.resolve("empty"), "# nothing\n");
        assertThatThrownBy(() -> ApiConnection.open(new ApiOptions(empty, "", "sluice/test")))
                .hasMessage("kubeconfig " + empty + " is empty or not a kubeconfig");

        Path broken = Files.writeString(directory.resolve("broken"), "apiVersion: v1\nclusters: [\n");
        assertThatThrownBy(() -> ApiConnection.open(new ApiOptions(broken, "", "sluice/test")))
                .isInstanceOf(ApiConfigException.class)
                .hasMessageStartingWith("kubeconfig " + broken + ", line 3: ");
        assertThatThrownBy(() -> ApiConnection.open(new ApiOptions(directory, "", "sluice/test")))
                .isInstanceOf(ApiConfigException.class)
                .hasMessageContaining("cannot be read");
    }

    @Test
    void withoutAServerTheChoicesAreNamed() {
        assertThatThrownBy(() -> ApiConnection.open(new ApiOptions(null, "", "sluice/test")))
                .isInstanceOf(ApiConfigException.class)
                .hasMessageContainingAll("--kubeconfig", "--master", "--manifests", "service account");
    }

    @Test
    void aMasterThatIsNoUrlIsRefused() {
        assertThatThrownBy(() -> ApiConnection.open(new ApiOptions(null, "http://[oops", "sluice/test")))
                .isInstanceOf(ApiConfigException.class)
                .hasMessageContaining("http://[oops");
    }

    @Test
    void theTokenIsReadFromItsFileAtEachRequest() throws IOException, ApiConfigException {
        try (FakeApi api = new FakeApi(0, 1);
                ApiConnection connection =
                        ApiConnection.open(new ApiOptions(kubeconfig(KUBECONFIG, api.url()), "", "sluice/test"));
                EventSink events = new ApiEventSink(connection, "node-a")) {
            assertThat(connection.server()).isEqualTo(api.url() + "/");
            events.node(EventSink.Type.NORMAL, "First", "Test", "");
            await().atMost(Duration.ofSeconds(30)).until(() -> api.posts().size() == 1);
            Files.writeString(directory.resolve("token"), "second\n");
            events.node(EventSink.Type.NORMAL, "Second", "Test", "");
            await().atMost(Duration.ofSeconds(30)).until(() -> api.posts().size() == 2);

            assertThat(api.authorizations()).containsExactly("Bearer first", "Bearer second");
        }
    }

    @Test
    void filesThatChangeAreLoadedAnewAndBrokenOnesLeaveTheConnectionsInUse() throws IOException, ApiConfigException {
        try (FakeApi before = new FakeApi(0, 1);
                FakeApi after = new FakeApi(0, 1);
                ApiConnection connection =
                        ApiConnection.open(new ApiOptions(kubeconfig(KUBECONFIG, before.url()), "", "sluice/test"))) {
            ApiClient first = connection.client();
            kubeconfig("broken", "");
            assertThat(connection.client()).isSameAs(first);
            assertThat(first.isGivenUp()).isFalse();

            kubeconfig(KUBECONFIG, after.url());
            assertThat(connection.client()).isNotSameAs(first);
            assertThat(first.isGivenUp()).isTrue();
            assertThat(connection.server()).isEqualTo(after.url() + "/");
        }
    }

    @Test
    void theMasterReplacesTheServer() throws IOException, ApiConfigException {
        Path file = kubeconfig(KUBECONFIG, "http://192.0.2.1:6443");

        try (ApiConnection connection =
                ApiConnection.open(new ApiOptions(file, "http://192.0.2.2:8080", "sluice/test"))) {
            assertThat(connection.server()).isEqualTo("http://192.0.2.2:8080/");
        }
    }

    @Test
    void anEmptyTokenFileIsAnErrorAndNotAnonymity() throws IOException {
        Path file = kubeconfig(KUBECONFIG, "http://192.0.2.1:6443");
        Path token = Files.writeString(directory.resolve("token"), "\n");

        assertThatThrownBy(() -> ApiConnection.open(new ApiOptions(file, "", "sluice/test")))
                .isInstanceOf(ApiConfigException.class)
                .hasMessage("the token file " + token + " is empty");
    }

    private Path kubeconfig(String content, String server) throws IOException {
        Files.writeString(directory.resolve("token"), "first\n");
        return Files.writeString(directory.resolve("kubeconfig"), content.replace("SERVER", server));
    }
}
