// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.source;

import java.util.Map;

/**
 * The objects that a proxy watches (kube-proxy 1.36: the selectors of its informers). An API server applies the labels
 * as selectors; a source without a server uses the predicates.
 */
public final class Selection {
    /** A Service that carries this label, whatever its value, belongs to another proxy. */
    public static final String SERVICE_PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name";

    /** The EndpointSlices of headless Services carry this label. */
    public static final String HEADLESS_LABEL = "service.kubernetes.io/headless";

    private Selection() {}

    /** Whether a Service with these labels and this cluster address is watched. */
    public static boolean selectsService(Map<String, String> labels, String clusterIp) {
        return !labels.containsKey(SERVICE_PROXY_NAME_LABEL) && !clusterIp.equals("None");
    }

    /** Whether an EndpointSlice with these labels is watched. */
    public static boolean selectsSlice(Map<String, String> labels) {
        return !labels.containsKey(HEADLESS_LABEL);
    }
}
