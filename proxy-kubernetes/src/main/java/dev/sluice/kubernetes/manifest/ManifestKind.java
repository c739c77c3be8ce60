// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.kubernetes.read.Fields;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The kind of an object in a manifest, if the proxy reads it. */
enum ManifestKind {
    SERVICE,
    ENDPOINT_SLICE,
    NODE,
    SERVICE_CIDR,
    LIST,
    /** A kind that the proxy does not read. */
    OTHER,
    /** No valid kind; reported as an error. */
    INVALID;

    private static final Map<String, ManifestKind> KNOWN = Map.of(
            "Service", SERVICE,
            "EndpointSlice", ENDPOINT_SLICE,
            "Node", NODE,
            "ServiceCIDR", SERVICE_CIDR,
            "List", LIST,
            "ServiceList", LIST,
            "EndpointSliceList", LIST,
            "NodeList", LIST,
            "ServiceCIDRList", LIST);

    /** Kinds of Kubernetes that resemble one of ours. */
    private static final List<String> REAL = List.of("PodList", "EndpointsList");

    private static final String DISCOVERY = "discovery.k8s.io/v1";
    private static final String NETWORKING = "networking.k8s.io/v1";

    /** The {@code kind} and {@code apiVersion} of an object, empty when absent. */
    record TypeName(String kind, String version) {
        static final TypeName NONE = new TypeName("", "");

        /** Those of {@code root}; what is absent there is that of {@code list}, the list around it. */
        static TypeName of(Fields root, TypeName list) {
            TypeName item = list.ofItems();
            String kind = root.text("kind");
            String version = root.text("apiVersion");
            return new TypeName(kind.isEmpty() ? item.kind : kind, version.isEmpty() ? item.version : version);
        }

        /** The API server leaves the type out of the items of its typed lists: that of the list determines it. */
        private TypeName ofItems() {
            return kind.equals("List") || !kind.endsWith("List")
                    ? NONE
                    : new TypeName(kind.substring(0, kind.length() - "List".length()), version);
        }
    }

    /** The kind of an object of type {@code type}. A likely misspelling is reported as an error. */
    static ManifestKind of(Fields root, TypeName type) {
        String kind = type.kind();
        String version = type.version();
        if (kind.isEmpty()) {
            root.report("kind", "is required");
            return INVALID;
        }
        if (version.isEmpty()) {
            root.report("apiVersion", "is required");
            return INVALID;
        }
        ManifestKind known = KNOWN.get(kind);
        return known == null ? unknown(root, kind, version) : known(root, known, kind, version);
    }

    private static ManifestKind known(Fields root, ManifestKind known, String kind, String version) {
        String wanted = versionOf(kind);
        if (version.equals(wanted)) {
            return known;
        }
        String group = group(version);
        if (group.isEmpty() || group.equals("core") || group.equals(group(wanted))) {
            root.report("apiVersion", "\"" + version + "\" is not supported for kind " + kind + ": use " + wanted);
            return INVALID;
        }
        return OTHER; // Knative's Service, for one
    }

    private static ManifestKind unknown(Fields root, String kind, String version) {
        boolean ours = version.equalsIgnoreCase("v1") || group(version).equals(group(DISCOVERY));
        if (ours && !REAL.contains(kind)) {
            for (String known : KNOWN.keySet().stream().sorted().toList()) {
                if (distance(kind.toLowerCase(Locale.ROOT), known.toLowerCase(Locale.ROOT))
                        <= (known.length() + 1) / 4) {
                    root.report("kind", "\"" + kind + "\" is unknown: did you mean " + known + "?");
                    return INVALID;
                }
            }
        }
        return OTHER;
    }

    private static String versionOf(String kind) {
        if (kind.startsWith("ServiceCIDR")) {
            return NETWORKING;
        }
        return kind.startsWith("EndpointSlice") ? DISCOVERY : "v1";
    }

    private static String group(String version) {
        int slash = version.indexOf('/');
        return slash < 0 ? "" : version.substring(0, slash);
    }

    /** The number of letters to change, add or drop (Levenshtein distance). */
    private static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
