// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.source;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An EndpointSlice as the API delivers it (discovery.k8s.io/v1), reduced to what the proxy reads and not yet parsed.
 *
 * @param addressType {@code IPv4}, {@code IPv6} or {@code FQDN}
 * @param labels only those that the proxy reads: {@code kubernetes.io/service-name} and those of {@link Selection}
 * @param annotations the last-change trigger time, and those whose keys begin with {@code sluice.dev/}
 */
public record EndpointSliceObject(
        String namespace,
        String name,
        String addressType,
        List<Port> ports,
        List<Address> endpoints,
        Map<String, String> labels,
        Map<String, String> annotations) {

    /** The label that names the owning Service. */
    public static final String SERVICE_NAME_LABEL = "kubernetes.io/service-name";

    /** The annotation with the time of the change that caused this version (RFC 3339). */
    public static final String TRIGGER_TIME_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";

    /** A port that the addresses listen on; null where the API's value is absent. */
    public record Port(
            @Nullable String name,
            @Nullable String protocol,
            @Nullable Integer port) {}

    /**
     * One entry of {@code endpoints}; conditions are null where absent.
     *
     * @param target the UID of the Pod behind it, empty when unknown; distinguishes the stale entry of an old Pod from
     *     its successor
     */
    public record Address(
            List<String> addresses,
            @Nullable Boolean ready,
            @Nullable Boolean serving,
            @Nullable Boolean terminating,
            @Nullable String nodeName,
            List<String> zoneHints,
            List<String> nodeHints,
            String target) {}
}
