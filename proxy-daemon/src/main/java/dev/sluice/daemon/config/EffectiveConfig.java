// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.core.config.GoDuration;
import dev.sluice.core.config.VmoduleRule;
import dev.sluice.core.net.IpAddress;
import dev.sluice.daemon.http.JsonText;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * The configuration in effect as a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1): what
 * {@code --write-config-to} writes and {@code /configz} shows. As upstream, mode and detectLocalMode are filled in, and
 * of the modes' sections only the one in use carries sync periods and masqueradeAll.
 */
public final class EffectiveConfig {
    /** Lists that are null unless somebody has set them. */
    private static final Set<String> NULL_UNLESS_SET = Set.of("nodePortAddresses", "ipvs.excludeCIDRs");

    /** Fields that are left out while they have their default. */
    private static final Set<String> OMITTED = Set.of(
            "logging.vmodule",
            "featureGates",
            "logging.options.text.splitStream",
            "logging.options.json.splitStream",
            "windowsRunAsService");

    private final Map<String, Object> root;
    private final Map<String, String> flags;

    private EffectiveConfig(Map<String, Object> root, Map<String, String> flags) {
        this.root = root;
        this.flags = Map.copyOf(flags);
    }

    /** The same, set by a command line with {@code flags}. */
    public EffectiveConfig withFlags(Map<String, String> values) {
        return new EffectiveConfig(root, values);
    }

    /** Every flag of the command line without its hyphens, and its value. */
    public Map<String, String> flags() {
        return flags;
    }

    /** @param settings the result of {@code values} and the overrides */
    public static EffectiveConfig of(ConfigValues values, Settings settings) {
        Map<String, Object> decided = decided(settings);
        String section = settings.module().config().periods().section();
        Map<String, Object> root = new TreeMap<>();
        root.put("apiVersion", ConfigFile.API_VERSION);
        root.put("kind", ConfigFile.KIND);
        for (ConfigField field : values.schema().fields()) {
            if (field.support() == ConfigField.Support.FLAG_ONLY) {
                continue;
            }
            String path = field.path();
            Object value = decided.getOrDefault(path, values.value(path));
            if (field.ofModeInUse() && !field.section().equals(section)) {
                value = value instanceof Boolean ? (Object) false : Duration.ZERO;
            }
            if (!isLeftOut(path, value)) {
                put(root, path, plain(path, value, values.isGiven(path)));
            }
        }
        return new EffectiveConfig(root, Map.of());
    }

    private static Map<String, Object> decided(Settings settings) {
        Map<String, Object> decided = new LinkedHashMap<>();
        decided.put("mode", settings.module().mode().flagValue());
        decided.put("detectLocalMode", settings.detectLocal().mode().value());
        decided.put("metricsBindAddress", text(settings.metrics()));
        settings.healthz().ifPresent(address -> decided.put("healthzBindAddress", text(address)));
        return decided;
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return host.indexOf(':') < 0
                ? host + ":" + address.getPort()
                : "[" + IpAddress.of(address.getAddress()) + "]:" + address.getPort();
    }

    private static boolean isLeftOut(String path, Object value) {
        boolean empty = value.equals(false) || value.equals(List.of()) || value.equals(Map.of());
        return empty && OMITTED.contains(path);
    }

    private static @Nullable Object plain(String path, Object value, boolean given) {
        return switch (value) {
            case Duration duration -> GoDuration.format(duration);
            case List<?> list when list.isEmpty() && !given && NULL_UNLESS_SET.contains(path) -> null;
            case List<?> list ->
                list.stream().map(EffectiveConfig::plainElement).toList();
            case Double number when number == Math.rint(number) -> number.longValue();
            default -> value;
        };
    }

    private static Object plainElement(Object element) {
        return element instanceof VmoduleRule(String filePattern, int verbosity)
                ? new TreeMap<>(Map.of("filePattern", filePattern, "verbosity", verbosity))
                : element;
    }

    private static void put(Map<String, Object> root, String path, @Nullable Object value) {
        int dot = path.indexOf('.');
        if (dot < 0) {
            putNullable(root, path, value);
        } else {
            put(section(root, path.substring(0, dot)), path.substring(dot + 1), value);
        }
    }

    @SuppressWarnings("unchecked") // made here
    private static Map<String, Object> section(Map<String, Object> root, String name) {
        return (Map<String, Object>) root.computeIfAbsent(name, n -> new TreeMap<String, Object>());
    }

    @SuppressWarnings("NullAway") // a field that is written as null
    private static void putNullable(Map<String, Object> map, String key, @Nullable Object value) {
        map.put(key, value);
    }

    /** The text of a file that {@code --config} reads. */
    public String yaml() {
        DumpSettings settings =
                DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
        return new Dump(settings).dumpToString(new LinkedHashMap<>(root));
    }

    /** The body of {@code /configz}. */
    public String configz() {
        return JsonText.of(Map.of("kubeproxy.config.k8s.io", root));
    }
}
