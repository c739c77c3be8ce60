package dev.sluice.bench;

import java.util.Locale;
import java.util.Map;

/** How the daemon lays out its dispatch chains. */
enum Layout {
    /** One list of all service addresses, as kube-proxy's. */
    FLAT,
    /** The daemon's own choice: a tree by address prefix from some hundred addresses on. */
    TREE;

    /** What the daemon's environment needs for it. */
    Map<String, String> environment() {
        return switch (this) {
            case FLAT -> Map.of("SLUICE_JAVA_OPTS", "-Dsluice.iptables.flat-rules=1000000");
            case TREE -> Map.of();
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
