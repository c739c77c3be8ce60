// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of a connection that would block its reader or fill the memory. */
@Timeout(60)
class OperatorFilesTest {
    @TempDir
    Path directory;

    @Test
    void aKubeconfigIsARegularFile() throws Exception {
        Path pipe = namedPipe("kubeconfig");

        assertThatThrownBy(() -> open(pipe))
                .isInstanceOf(ApiConfigException.class)
                .hasMessage("kubeconfig " + pipe
                        + " cannot be read: it is a named pipe: put the text into a regular file, or link to one");
    }

    @Test
    void aKubeconfigNestsNoDeeperThanOthers() throws IOException {
        Path deep = Files.writeString(directory.resolve("kubeconfig"), "[".repeat(100_000));

        assertThatThrownBy(() -> open(deep))
                .hasMessageContaining("line 1: objects and lists are nested deeper than 64");
    }

    @ParameterizedTest
    @ValueSource(strings = {"certificate-authority", "client-certificate", "client-key", "tokenFile"})
    void soIsWhatItNames(String field) throws Exception {
        namedPipe("pipe");
        Files.createSymbolicLink(directory.resolve("zero"), Path.of("/dev/zero"));

        assertThatThrownBy(() -> open(kubeconfig(field, "pipe")))
                .hasMessageContaining(field + " names pipe, which is not read: it is a named pipe");
        assertThatThrownBy(() -> open(kubeconfig(field, "zero")))
                .hasMessageContaining(field + " names zero, which is not read: it is a device");
    }

    @Test
    void aTokenFileThatBecomesAPipeLeavesTheLastToken() throws Exception {
        Path file = Files.writeString(directory.resolve("token"), "first\n");
        TokenFile token = new TokenFile(file);
        assertThat(token.getToken()).isEqualTo("first");
        Files.delete(file);
        namedPipe("token");

        assertThat(token.getToken()).isEqualTo("first");
    }

    private static void open(Path kubeconfig) throws ApiConfigException {
        ApiConnection.open(new ApiOptions(kubeconfig, "", "sluice/test")).close();
    }

    private Path kubeconfig(String field, String value) throws IOException {
        String named = field + ": " + value;
        boolean ofCluster = field.equals("certificate-authority");
        return Files.writeString(
                directory.resolve("config"), """
            apiVersion: v1
            kind: Config
            current-context: here
            contexts: [{name: here, context: {cluster: lab, user: proxy}}]
            clusters: [{name: lab, cluster: {server: "http://localhost:1"%s}}]
            users: [{name: proxy, user: {%s}}]
            """.formatted(ofCluster ? ", " + named : "", ofCluster ? "" : named));
    }

    private Path namedPipe(String name) throws IOException, InterruptedException {
        Path path = directory.resolve(name);
        Process mkfifo =
                new ProcessBuilder("mkfifo", path.toString()).inheritIO().start();
        assertThat(mkfifo.waitFor()).isZero();
        return path;
    }
}
