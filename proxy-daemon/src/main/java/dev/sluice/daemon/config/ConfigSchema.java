package dev.sluice.daemon.config;

import static dev.sluice.daemon.config.ConfigField.Support.HONOURED;
import static dev.sluice.daemon.config.ConfigField.Support.IRRELEVANT;
import static dev.sluice.daemon.config.ConfigField.Support.NOT_YET;
import static dev.sluice.daemon.config.ConfigField.Type.ANY;
import static dev.sluice.daemon.config.ConfigField.Type.BOOL;
import static dev.sluice.daemon.config.ConfigField.Type.DURATION;
import static dev.sluice.daemon.config.ConfigField.Type.INT;
import static dev.sluice.daemon.config.ConfigField.Type.NUMBER;
import static dev.sluice.daemon.config.ConfigField.Type.STRING;
import static dev.sluice.daemon.config.ConfigField.Type.STRINGS;
import static dev.sluice.daemon.config.ConfigField.Type.SWITCHES;

import dev.sluice.daemon.config.ConfigField.Support;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every field of KubeProxyConfiguration as of Kubernetes 1.36, with its default. */
public final class ConfigSchema {
    private static final Map<String, ConfigField> FIELDS = fields();

    private ConfigSchema() {}

    public static Optional<ConfigField> field(String path) {
        return Optional.ofNullable(FIELDS.get(path));
    }

    /** All fields, in the order in which they are written. */
    public static Iterable<ConfigField> all() {
        return FIELDS.values();
    }

    /** Whether {@code path} is a section such as {@code iptables}, which has fields of its own. */
    static boolean isSection(String path) {
        return FIELDS.keySet().stream().anyMatch(known -> known.startsWith(path + "."));
    }

    private static Map<String, ConfigField> fields() {
        Map<String, ConfigField> fields = new LinkedHashMap<>();
        put(fields, "featureGates", SWITCHES, Map.of(), HONOURED);
        put(fields, "clientConnection.kubeconfig", STRING, "", HONOURED);
        put(fields, "clientConnection.acceptContentTypes", STRING, "", IRRELEVANT);
        put(fields, "clientConnection.contentType", STRING, "application/vnd.kubernetes.protobuf", IRRELEVANT);
        put(fields, "clientConnection.qps", NUMBER, 5.0, IRRELEVANT);
        put(fields, "clientConnection.burst", INT, 10, IRRELEVANT);
        put(fields, "logging.format", STRING, "text", NOT_YET);
        put(fields, "logging.flushFrequency", DURATION, Duration.ofSeconds(5), IRRELEVANT);
        put(fields, "logging.verbosity", INT, 0, HONOURED);
        put(fields, "logging.vmodule", ANY, List.of(), NOT_YET);
        put(fields, "logging.options", ANY, Map.of(), IRRELEVANT);
        put(fields, "hostnameOverride", STRING, "", HONOURED);
        put(fields, "bindAddress", STRING, "0.0.0.0", HONOURED);
        put(fields, "healthzBindAddress", STRING, "0.0.0.0:10256", HONOURED);
        put(fields, "metricsBindAddress", STRING, "127.0.0.1:10249", HONOURED);
        put(fields, "bindAddressHardFail", BOOL, false, HONOURED);
        put(fields, "enableProfiling", BOOL, false, NOT_YET);
        put(fields, "showHiddenMetricsForVersion", STRING, "", IRRELEVANT);
        put(fields, "mode", STRING, "", HONOURED);
        put(fields, "iptables.masqueradeBit", INT, 14, HONOURED);
        put(fields, "iptables.masqueradeAll", BOOL, false, HONOURED);
        put(fields, "iptables.localhostNodePorts", BOOL, true, HONOURED);
        periods(fields, "iptables", Duration.ofSeconds(1));
        periods(fields, "ipvs", Duration.ZERO);
        put(fields, "ipvs.scheduler", STRING, "", HONOURED);
        put(fields, "ipvs.excludeCIDRs", STRINGS, List.of(), HONOURED);
        put(fields, "ipvs.strictARP", BOOL, false, HONOURED);
        put(fields, "ipvs.tcpTimeout", DURATION, Duration.ZERO, HONOURED);
        put(fields, "ipvs.tcpFinTimeout", DURATION, Duration.ZERO, HONOURED);
        put(fields, "ipvs.udpTimeout", DURATION, Duration.ZERO, HONOURED);
        put(fields, "nftables.masqueradeBit", INT, 14, IRRELEVANT);
        put(fields, "nftables.masqueradeAll", BOOL, false, IRRELEVANT);
        periods(fields, "nftables", Duration.ofSeconds(1), IRRELEVANT);
        put(fields, "winkernel", ANY, Map.of(), IRRELEVANT);
        put(fields, "detectLocalMode", STRING, "", HONOURED);
        put(fields, "detectLocal.bridgeInterface", STRING, "", HONOURED);
        put(fields, "detectLocal.interfaceNamePrefix", STRING, "", HONOURED);
        put(fields, "clusterCIDR", STRING, "", HONOURED);
        put(fields, "nodePortAddresses", STRINGS, List.of(), HONOURED);
        put(fields, "oomScoreAdj", INT, -999, HONOURED);
        put(fields, "conntrack.maxPerCore", INT, 32768, HONOURED);
        put(fields, "conntrack.min", INT, 131072, HONOURED);
        put(fields, "conntrack.tcpEstablishedTimeout", DURATION, Duration.ofHours(24), HONOURED);
        put(fields, "conntrack.tcpCloseWaitTimeout", DURATION, Duration.ofHours(1), HONOURED);
        put(fields, "conntrack.tcpBeLiberal", BOOL, false, HONOURED);
        put(fields, "conntrack.udpTimeout", DURATION, Duration.ZERO, HONOURED);
        put(fields, "conntrack.udpStreamTimeout", DURATION, Duration.ZERO, HONOURED);
        put(fields, "configSyncPeriod", DURATION, Duration.ofMinutes(15), IRRELEVANT);
        put(fields, "portRange", STRING, "", IRRELEVANT);
        put(fields, "windowsRunAsService", BOOL, false, IRRELEVANT);
        return fields;
    }

    private static void periods(Map<String, ConfigField> fields, String section, Duration min) {
        periods(fields, section, min, HONOURED);
    }

    private static void periods(Map<String, ConfigField> fields, String section, Duration min, Support support) {
        put(fields, section + ".syncPeriod", DURATION, Duration.ofSeconds(30), support);
        put(fields, section + ".minSyncPeriod", DURATION, min, support);
    }

    private static void put(
            Map<String, ConfigField> fields, String path, ConfigField.Type type, Object fallback, Support support) {
        fields.put(path, new ConfigField(path, type, fallback, support));
    }
}
