package dev.sluice.kubernetes.api;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Which API server, and as whom. With neither a file nor a URL the Pod's own service account is used.
 *
 * @param kubeconfig the kubeconfig file, null when there is none
 * @param master a URL that replaces the file's server, empty when there is none
 * @param userAgent how the proxy calls itself to the server, e.g. {@code sluice/0.1.0}
 */
public record ApiOptions(@Nullable Path kubeconfig, String master, String userAgent) {}
