// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import io.fabric8.kubernetes.client.Config;
import java.nio.file.Files;
import java.nio.file.Path;

/** The connection settings that Kubernetes provides to every Pod. */
final class InClusterConfig {
    private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    private InClusterConfig() {}

    static Config config() throws ApiConfigException {
        String host = System.getenv("KUBERNETES_SERVICE_HOST");
        String port = System.getenv("KUBERNETES_SERVICE_PORT");
        Path token = ACCOUNT.resolve("token");
        if (host == null || host.isEmpty() || port == null || port.isEmpty() || !Files.isReadable(token)) {
            throw new ApiConfigException(
                    "no API server is given: use --kubeconfig FILE, --master URL or --manifests DIR,"
                            + " or run in a Pod that has a service account");
        }
        Config config = Config.empty();
        config.setMasterUrl("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
        config.setCaCertFile(ACCOUNT.resolve("ca.crt").toString());
        config.setOauthTokenProvider(new TokenFile(token));
        return config;
    }
}
