package dev.sluice.kubernetes.manifest;

import dev.sluice.kubernetes.read.Fields;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What an object of a manifest is to the proxy. */
enum Kind {
    SERVICE,
    ENDPOINT_SLICE,
    NODE,
    LIST,
    /** Another program's business. */
    OTHER,
    /** Complained about. */
    WRONG;

    private static final Map<String, Kind> KNOWN = Map.of(
            "Service", SERVICE,
            "EndpointSlice", ENDPOINT_SLICE,
            "Node", NODE,
            "List", LIST,
            "ServiceList", LIST,
            "EndpointSliceList", LIST,
            "NodeList", LIST);

    /** Names that are close to one of ours and right. */
    private static final List<String> REAL = List.of("PodList", "EndpointsList", "ServiceCIDR");

    private static final String DISCOVERY = "discovery.k8s.io/v1";

    /** The kind of an object. What can only be a slip of the pen is complained about. */
    static Kind of(Fields root) {
        String kind = root.text("kind");
        String version = root.text("apiVersion");
        if (kind.isEmpty()) {
            root.complain("kind", "is required");
            return WRONG;
        }
        if (version.isEmpty()) {
            root.complain("apiVersion", "is required");
            return WRONG;
        }
        Kind known = KNOWN.get(kind);
        return known == null ? unknown(root, kind, version) : known(root, known, kind, version);
    }

    private static Kind known(Fields root, Kind known, String kind, String version) {
        String wanted = versionOf(kind);
        if (version.equals(wanted)) {
            return known;
        }
        String group = group(version);
        if (group.isEmpty() || group.equals("core") || group.equals(group(wanted))) {
            root.complain("apiVersion", "\"" + version + "\" is not read for kind " + kind + ": write " + wanted);
            return WRONG;
        }
        return OTHER; // Knative's Service, for one
    }

    private static Kind unknown(Fields root, String kind, String version) {
        boolean ours = version.equalsIgnoreCase("v1") || group(version).equals(group(DISCOVERY));
        if (ours && !REAL.contains(kind)) {
            for (String known : KNOWN.keySet().stream().sorted().toList()) {
                if (distance(kind.toLowerCase(Locale.ROOT), known.toLowerCase(Locale.ROOT))
                        <= (known.length() + 1) / 4) {
                    root.complain("kind", "\"" + kind + "\" is unknown: did you mean " + known + "?");
                    return WRONG;
                }
            }
        }
        return OTHER;
    }

    private static String versionOf(String kind) {
        return kind.startsWith("EndpointSlice") ? DISCOVERY : "v1";
    }

    private static String group(String version) {
        int slash = version.indexOf('/');
        return slash < 0 ? "" : version.substring(0, slash);
    }

    /** How many letters to change, add or drop (Levenshtein). */
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
