// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import static dev.sluice.core.config.ConfigField.Support.IRRELEVANT;
import static dev.sluice.core.config.ConfigField.Type.BOOL;
import static dev.sluice.core.config.ConfigField.Type.DURATION;
import static dev.sluice.core.config.ConfigField.Type.DURATION_OR_NANOSECONDS;
import static dev.sluice.core.config.ConfigField.Type.HOST_NAME;
import static dev.sluice.core.config.ConfigField.Type.INT;
import static dev.sluice.core.config.ConfigField.Type.IP;
import static dev.sluice.core.config.ConfigField.Type.IP_PORT;
import static dev.sluice.core.config.ConfigField.Type.NUMBER;
import static dev.sluice.core.config.ConfigField.Type.QUANTITY;
import static dev.sluice.core.config.ConfigField.Type.STRING;
import static dev.sluice.core.config.ConfigField.Type.STRINGS;
import static dev.sluice.core.config.ConfigField.Type.SWITCHES;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.mode.ModeConfig;
import dev.sluice.daemon.config.Settings.DetectLocalMode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The fields of KubeProxyConfiguration as of Kubernetes 1.36 and kube-proxy's flags, except those of a mode, and the
 * sections of modes that do not exist here.
 */
public final class KubeProxyFields {
    static final ConfigField FEATURE_GATES = ConfigField.of("featureGates", SWITCHES, Map.of());
    static final ConfigField KUBECONFIG = text("clientConnection.kubeconfig");
    static final ConfigField LOG_FORMAT = ConfigField.of("logging.format", STRING, "text");
    static final ConfigField FLUSH_FREQUENCY = ConfigField.of(
                    "logging.flushFrequency", DURATION_OR_NANOSECONDS, Duration.ofSeconds(5))
            .with(IRRELEVANT);
    static final ConfigField VERBOSITY = ConfigField.of("logging.verbosity", INT, 0);
    static final ConfigField VMODULE = ConfigField.of("logging.vmodule", ConfigField.Type.VMODULE, List.of());
    static final ConfigField HOSTNAME_OVERRIDE = ConfigField.of("hostnameOverride", HOST_NAME, "");
    static final ConfigField BIND_ADDRESS = ConfigField.of("bindAddress", IP, "0.0.0.0");
    static final ConfigField HEALTHZ = ConfigField.of("healthzBindAddress", IP_PORT, "0.0.0.0:10256");

    /** Where the metrics server listens. */
    public static final ConfigField METRICS = ConfigField.of("metricsBindAddress", IP_PORT, "127.0.0.1:10249");

    static final ConfigField HARD_FAIL = ConfigField.of("bindAddressHardFail", BOOL, false);
    static final ConfigField MODE = ConfigField.choice("mode", ProxyMode.DEFAULT.flagValue());
    static final ConfigField DETECT_LOCAL = ConfigField.choice("detectLocalMode", DetectLocalMode.CLUSTER_CIDR.value());
    static final ConfigField BRIDGE = text("detectLocal.bridgeInterface");
    static final ConfigField INTERFACE_PREFIX = text("detectLocal.interfaceNamePrefix");
    static final ConfigField CLUSTER_CIDR = text("clusterCIDR");
    static final ConfigField NODE_PORT_ADDRESSES = ConfigField.of("nodePortAddresses", STRINGS, List.of());
    static final ConfigField OOM_SCORE = ConfigField.of("oomScoreAdj", INT, -999);
    static final ConfigField MAX_PER_CORE = ConfigField.of("conntrack.maxPerCore", INT, 32768);
    static final ConfigField MIN_TRACKED = ConfigField.of("conntrack.min", INT, 131072);
    static final ConfigField TCP_ESTABLISHED = time("conntrack.tcpEstablishedTimeout", Duration.ofHours(24));
    static final ConfigField TCP_CLOSE_WAIT = time("conntrack.tcpCloseWaitTimeout", Duration.ofHours(1));
    static final ConfigField TCP_BE_LIBERAL = ConfigField.of("conntrack.tcpBeLiberal", BOOL, false);
    static final ConfigField UDP = time("conntrack.udpTimeout", Duration.ZERO);
    static final ConfigField UDP_STREAM = time("conntrack.udpStreamTimeout", Duration.ZERO);

    private static final ConfigField SPLIT_TEXT = alpha("logging.options.text.splitStream", BOOL, false);
    private static final ConfigField SPLIT_JSON = alpha("logging.options.json.splitStream", BOOL, false);
    private static final ConfigField BUFFER_TEXT = alpha("logging.options.text.infoBufferSize", QUANTITY, "0");
    private static final ConfigField BUFFER_JSON = alpha("logging.options.json.infoBufferSize", QUANTITY, "0");

    /** What kube-proxy refuses unless a feature gate is on. */
    static final List<ConfigField> ALPHA_LOGGING = List.of(SPLIT_TEXT, SPLIT_JSON, BUFFER_TEXT, BUFFER_JSON);

    private static final ConfigField CONTENT_TYPE = ConfigField.of(
                    "clientConnection.contentType", STRING, "application/vnd.kubernetes.protobuf")
            .with(IRRELEVANT);
    private static final ConfigField QPS =
            ConfigField.of("clientConnection.qps", NUMBER, 5.0).with(IRRELEVANT);
    static final ConfigField BURST =
            ConfigField.of("clientConnection.burst", INT, 10).with(IRRELEVANT);
    static final ConfigField PROFILING = ConfigField.of("enableProfiling", BOOL, false);
    static final ConfigField HIDDEN_METRICS =
            text("showHiddenMetricsForVersion").with(IRRELEVANT);
    static final ConfigField CONFIG_SYNC =
            time("configSyncPeriod", Duration.ofMinutes(15)).with(IRRELEVANT);

    private KubeProxyFields() {}

    /** These fields and flags, and those of {@code modes}. */
    public static ConfigSchema with(List<ModeConfig> modes) {
        ConfigSchema schema = new ConfigSchema().with(fields(), flags()).with(List.of(), loggingFlags());
        for (ModeConfig mode : modes) {
            schema = schema.with(mode.fields(), mode.flags());
        }
        return schema;
    }

    private static ConfigField text(String path) {
        return ConfigField.of(path, STRING, "");
    }

    private static ConfigField time(String path, Duration fallback) {
        return ConfigField.of(path, DURATION, fallback);
    }

    private static ConfigField alpha(String path, ConfigField.Type type, Object fallback) {
        return ConfigField.of(path, type, fallback).with(IRRELEVANT);
    }

    private static List<ConfigField> fields() {
        return Stream.concat(
                        Stream.of(
                                FEATURE_GATES,
                                KUBECONFIG,
                                text("clientConnection.acceptContentTypes").with(IRRELEVANT),
                                CONTENT_TYPE,
                                QPS,
                                BURST,
                                LOG_FORMAT,
                                FLUSH_FREQUENCY,
                                VERBOSITY,
                                VMODULE,
                                SPLIT_TEXT,
                                SPLIT_JSON,
                                BUFFER_TEXT,
                                BUFFER_JSON,
                                HOSTNAME_OVERRIDE,
                                BIND_ADDRESS,
                                HEALTHZ,
                                METRICS,
                                HARD_FAIL,
                                PROFILING,
                                HIDDEN_METRICS,
                                MODE,
                                DETECT_LOCAL,
                                BRIDGE,
                                INTERFACE_PREFIX,
                                CLUSTER_CIDR,
                                NODE_PORT_ADDRESSES,
                                OOM_SCORE,
                                MAX_PER_CORE,
                                MIN_TRACKED,
                                TCP_ESTABLISHED,
                                TCP_CLOSE_WAIT,
                                TCP_BE_LIBERAL,
                                UDP,
                                UDP_STREAM,
                                CONFIG_SYNC),
                        ofAbsentModes())
                .toList();
    }

    /** Sections of kube-proxy's modes that Sluice does not have, and of Windows. */
    private static Stream<ConfigField> ofAbsentModes() {
        return Stream.of(
                        text("winkernel.networkName"),
                        text("winkernel.sourceVip"),
                        ConfigField.of("winkernel.enableDSR", BOOL, false),
                        text("winkernel.rootHnsEndpointName"),
                        ConfigField.of("winkernel.forwardHealthCheckVip", BOOL, false),
                        text("portRange"),
                        ConfigField.of("windowsRunAsService", BOOL, false))
                .map(field -> field.with(IRRELEVANT));
    }

    private static List<ConfigFlag> flags() {
        return List.of(
                ConfigFlag.of(
                                "hostname-override",
                                HOSTNAME_OVERRIDE,
                                "The Node's name; without it the host's name is taken.")
                        .besideFile(),
                ConfigFlag.of("proxy-mode", MODE, "How Service traffic is carried: " + ProxyMode.choices() + "."),
                ConfigFlag.of(
                        "kubeconfig",
                        KUBECONFIG,
                        "Path of the kubeconfig file; without it and --master the Pod's service account is used."),
                ConfigFlag.of("cluster-cidr", CLUSTER_CIDR, "The range of the cluster's Pods, or two (IPv4,IPv6)."),
                ConfigFlag.of(
                        "bind-address", BIND_ADDRESS, "Overrides the node's primary address; nothing listens on it."),
                ConfigFlag.of("healthz-bind-address", HEALTHZ, "Address and port of the health server."),
                ConfigFlag.of("metrics-bind-address", METRICS, "Address and port of the metrics server."),
                ConfigFlag.of(
                        "bind-address-hard-fail", HARD_FAIL, "Exit when the health or metrics server cannot listen."),
                ConfigFlag.of(
                        "detect-local-mode",
                        DETECT_LOCAL,
                        "How traffic of local Pods is recognized: " + DetectLocalMode.choices() + "."),
                ConfigFlag.of("pod-bridge-interface", BRIDGE, "For --detect-local-mode=BridgeInterface."),
                ConfigFlag.of(
                        "pod-interface-name-prefix", INTERFACE_PREFIX, "For --detect-local-mode=InterfaceNamePrefix."),
                ConfigFlag.of(
                        "nodeport-addresses",
                        NODE_PORT_ADDRESSES,
                        "Ranges of node addresses that serve node ports, or 'primary'."),
                ConfigFlag.of("oom-score-adj", OOM_SCORE, "The kernel's oom_score_adj of the daemon, -1000 to 1000."),
                ConfigFlag.of(
                        "conntrack-max-per-core",
                        MAX_PER_CORE,
                        "Tracked connections per CPU, 0 leaves the limit alone."),
                ConfigFlag.of("conntrack-min", MIN_TRACKED, "The least limit of tracked connections."),
                ConfigFlag.of(
                        "conntrack-tcp-timeout-established",
                        TCP_ESTABLISHED,
                        "Time-out of idle established TCP connections, 0 leaves it alone."),
                ConfigFlag.of(
                        "conntrack-tcp-timeout-close-wait",
                        TCP_CLOSE_WAIT,
                        "Time-out of TCP connections in CLOSE_WAIT, 0 leaves it alone."),
                ConfigFlag.of(
                        "conntrack-tcp-be-liberal", TCP_BE_LIBERAL, "Do not drop packets outside of the TCP window."),
                ConfigFlag.of("conntrack-udp-timeout", UDP, "Time-out of unanswered UDP flows, 0 leaves it alone."),
                ConfigFlag.of(
                        "conntrack-udp-timeout-stream",
                        UDP_STREAM,
                        "Time-out of answered UDP flows, 0 leaves it alone."),
                ConfigFlag.of(
                        "feature-gates",
                        FEATURE_GATES,
                        "NAME=true,NAME=false; AllowServiceExternalIPs=false leaves external IPs alone."),
                ConfigFlag.of(
                        "profiling",
                        PROFILING,
                        "Serve thread dumps, heap histograms and recordings below /debug/pprof/, and /debug/flags/v."),
                ConfigFlag.of("config-sync-period", CONFIG_SYNC, "No effect: nothing is re-read that did not change."),
                ConfigFlag.of("kube-api-content-type", CONTENT_TYPE, "No effect: always JSON."),
                ConfigFlag.of("kube-api-burst", BURST, "No effect."),
                ConfigFlag.of("kube-api-qps", QPS, "No effect."),
                ConfigFlag.of("show-hidden-metrics-for-version", HIDDEN_METRICS, "No effect: no metric is hidden."));
    }

    /** The flags of logging; as in kube-proxy, they count beside a configuration file too. */
    static List<ConfigFlag> loggingFlags() {
        return Stream.of(
                        ConfigFlag.of(
                                "v",
                                VERBOSITY,
                                "Log level: 0 to 3 log what matters, 4 logs every sync, 6 every netlink message."),
                        ConfigFlag.of(
                                "vmodule",
                                VMODULE,
                                "Log levels of single classes, as PATTERN=LEVEL,PATTERN=LEVEL; format text only."),
                        ConfigFlag.of("logging-format", LOG_FORMAT, "Form of the log: text, json."),
                        ConfigFlag.of("log-flush-frequency", FLUSH_FREQUENCY, "No effect: the log is never held back."),
                        alphaFlag("log-text-split-stream", SPLIT_TEXT),
                        alphaFlag("log-json-split-stream", SPLIT_JSON),
                        alphaFlag("log-text-info-buffer-size", BUFFER_TEXT),
                        alphaFlag("log-json-info-buffer-size", BUFFER_JSON))
                .map(ConfigFlag::besideFile)
                .toList();
    }

    private static ConfigFlag alphaFlag(String name, ConfigField field) {
        return ConfigFlag.of(name, field, "No effect; refused without the feature gate LoggingAlphaOptions.");
    }
}
