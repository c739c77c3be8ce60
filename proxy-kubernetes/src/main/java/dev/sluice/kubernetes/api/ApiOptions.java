// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The API server and the credentials to use. With neither a file nor a URL, the Pod's service account is used.
 *
 * @param kubeconfig the kubeconfig file, null when there is none
 * @param master a URL that replaces the file's server, empty when there is none
 * @param userAgent the proxy's user agent, e.g. {@code sluice/0.2.0}
 */
public record ApiOptions(@Nullable Path kubeconfig, String master, String userAgent) {}
