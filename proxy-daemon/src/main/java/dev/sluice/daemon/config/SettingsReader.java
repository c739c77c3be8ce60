// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.core.config.GoDuration;
import dev.sluice.core.config.Masquerade;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.daemon.config.Settings.ConntrackSettings;
import dev.sluice.daemon.config.Settings.DetectLocal;
import dev.sluice.daemon.config.Settings.DetectLocalMode;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Turns configuration values into {@link Settings}, or into all the reasons why they are invalid. */
public final class SettingsReader {
    /** The only value of {@code showHiddenMetricsForVersion}: the minor version before the one that this stands for. */
    private static final String PREVIOUS_VERSION = "1.35";

    private final ConfigReader values;
    private final List<ProxyModule> modules;
    private final List<String> warnings = new ArrayList<>();

    private SettingsReader(ConfigReader values, List<ProxyModule> modules) {
        this.values = values;
        this.modules = modules;
    }

    /**
     * Reads and validates.
     *
     * @param overrides the flags that set no field
     * @param modules of every mode; the result has the one that is chosen, with its options
     * @throws ConfigException with every reason at once
     */
    public static Settings read(ConfigValues values, Overrides overrides, List<ProxyModule> modules)
            throws ConfigException {
        ConfigReader reader = new ConfigReader(values);
        Settings settings = new SettingsReader(reader, modules).settings(overrides);
        if (!reader.reasons().isEmpty()) {
            throw new ConfigException(reader.reasons());
        }
        return settings;
    }

    /** The flags that set no field. */
    public record Overrides(String master, Optional<Path> manifests, Optional<Path> stateDir, boolean healthzOff) {}

    private Settings settings(Overrides overrides) {
        ProxyModule module = module();
        IpAddress bind = address(KubeProxyFields.BIND_ADDRESS);
        List<String> nodePorts = values.values().strings(KubeProxyFields.NODE_PORT_ADDRESSES.path());
        boolean primary = nodePorts.contains("primary") || nodePorts.isEmpty() && module.servesPrimaryNodePorts();
        if (primary && nodePorts.size() > 1) {
            values.invalid(KubeProxyFields.NODE_PORT_ADDRESSES, "'primary' must stand alone");
        }
        withoutEffectButChecked();
        String kubeconfig = values.string(KubeProxyFields.KUBECONFIG);
        Map<String, Boolean> gates = values.values().switches(KubeProxyFields.FEATURE_GATES.path());
        return new Settings(
                module,
                kubeconfig.isEmpty() ? Optional.empty() : Optional.of(Path.of(kubeconfig)),
                overrides.master(),
                overrides.manifests(),
                overrides.stateDir(),
                hostname(),
                bind,
                overrides.healthzOff()
                        ? Optional.empty()
                        : Optional.of(socketAddress(KubeProxyFields.HEALTHZ, bind, "[::]")),
                socketAddress(KubeProxyFields.METRICS, bind, "[::1]"),
                values.bool(KubeProxyFields.HARD_FAIL),
                detectLocal(),
                primary ? List.of() : values.cidrs(KubeProxyFields.NODE_PORT_ADDRESSES),
                primary,
                module.config().periods().read(values),
                conntrack(),
                values.range(KubeProxyFields.OOM_SCORE, -1000, 1000),
                LoggingOptions.read(values, gates),
                values.bool(KubeProxyFields.PROFILING),
                FeatureGates.read(gates, reason -> values.invalid(KubeProxyFields.FEATURE_GATES, reason)),
                warnings);
    }

    /** The module of the mode in use; what is invalid for another mode is a warning, as kube-proxy does not mind it. */
    private ProxyModule module() {
        ProxyMode mode = mode();
        ConfigReader ofOthers = new ConfigReader(values.values());
        ProxyModule inUse = null;
        for (ProxyModule module : modules) {
            if (module.mode() == mode) {
                module.config().alsoSetBy().forEach(values.values()::follow);
                inUse = module.configured(values);
            } else {
                module.configured(ofOthers);
            }
        }
        Masquerade.read(values); // kube-proxy checks its bit in every mode
        ofOthers.reasons().stream()
                .filter(reason -> !values.reasons().contains(reason))
                .forEach(reason -> warnings.add(reason + "; mode " + mode.flagValue() + " ignores it"));
        return Objects.requireNonNull(inUse, "a module for each mode");
    }

    /** What has no effect here, and what kube-proxy refuses nevertheless. */
    private void withoutEffectButChecked() {
        values.range(KubeProxyFields.BURST, 0, Integer.MAX_VALUE);
        Duration sync = values.duration(KubeProxyFields.CONFIG_SYNC);
        if (!sync.isPositive()) {
            values.invalid(KubeProxyFields.CONFIG_SYNC, "must be greater than 0, not " + GoDuration.format(sync));
        }
        String hidden = values.string(KubeProxyFields.HIDDEN_METRICS);
        if (!hidden.isEmpty() && !hidden.equals(PREVIOUS_VERSION)) {
            values.invalid(
                    KubeProxyFields.HIDDEN_METRICS,
                    "must be " + PREVIOUS_VERSION + ", the previous minor version, not '" + hidden + "'");
        }
    }

    private ProxyMode mode() {
        String text = values.string(KubeProxyFields.MODE);
        return ProxyMode.parse(text).orElseGet(() -> {
            values.invalid(KubeProxyFields.MODE, "unknown mode '" + text + "'; choose one of " + ProxyMode.choices());
            return ProxyMode.DEFAULT;
        });
    }

    private String hostname() {
        String name = values.string(KubeProxyFields.HOSTNAME_OVERRIDE);
        if (!name.isEmpty() && name.isBlank()) {
            values.invalid(KubeProxyFields.HOSTNAME_OVERRIDE, "is blank; give the Node's name or leave it out");
        }
        return name.trim().toLowerCase(Locale.ROOT);
    }

    private IpAddress address(ConfigField field) {
        return IpAddress.parse(values.string(field)).orElseGet(() -> new IpAddress(IpFamily.IPV4, 0, 0));
    }

    /** @param hostV6 takes the place of the default's host when {@code bind} is an IPv6 address */
    private InetSocketAddress socketAddress(ConfigField field, IpAddress bind, String hostV6) {
        String fallback = (String) field.fallback();
        String defaultPort = fallback.substring(fallback.lastIndexOf(':') + 1);
        boolean useV6Default = !values.values().isGiven(field.path()) && bind.family() == IpFamily.IPV6;
        String text = useV6Default ? hostV6 + ":" + defaultPort : values.string(field);
        Optional<IpAddress> bare = IpAddress.parse(text);
        String port = bare.isPresent() ? defaultPort : text.substring(text.lastIndexOf(':') + 1);
        String host = text.substring(0, bare.isPresent() ? text.length() : text.lastIndexOf(':'));
        IpAddress address =
                bare.or(() -> IpAddress.parse(host.replaceAll("[\\[\\]]", ""))).orElseThrow();
        return new InetSocketAddress(address.toInetAddress(), Integer.parseInt(port));
    }

    private DetectLocal detectLocal() {
        String text = values.string(KubeProxyFields.DETECT_LOCAL);
        DetectLocalMode mode = Arrays.stream(DetectLocalMode.values())
                .filter(m -> m.value().equals(text))
                .findFirst()
                .orElse(DetectLocalMode.CLUSTER_CIDR);
        if (!mode.value().equals(text)) {
            values.invalid(
                    KubeProxyFields.DETECT_LOCAL,
                    "unknown mode '" + text + "'; choose one of " + DetectLocalMode.choices());
        }
        String bridge = values.string(KubeProxyFields.BRIDGE);
        String prefix = values.string(KubeProxyFields.INTERFACE_PREFIX);
        if (mode == DetectLocalMode.BRIDGE_INTERFACE && bridge.isEmpty()) {
            values.invalid(
                    KubeProxyFields.DETECT_LOCAL,
                    "BridgeInterface needs detectLocal.bridgeInterface (--pod-bridge-interface)");
        }
        if (mode == DetectLocalMode.INTERFACE_NAME_PREFIX && prefix.isEmpty()) {
            values.invalid(
                    KubeProxyFields.DETECT_LOCAL,
                    "InterfaceNamePrefix needs detectLocal.interfaceNamePrefix (--pod-interface-name-prefix)");
        }
        boolean counts = mode == DetectLocalMode.CLUSTER_CIDR;
        return new DetectLocal(mode, counts ? clusterCidrs() : List.of(), bridge, prefix);
    }

    /** As in kube-proxy, a flag that is given may not be empty. */
    private List<Cidr> clusterCidrs() {
        ConfigField field = KubeProxyFields.CLUSTER_CIDR;
        String text = values.string(field);
        if (text.isEmpty()) {
            if (values.values().isGiven(field.path())) {
                values.invalid(field, "is empty; give a range such as 10.244.0.0/16, or leave it out");
            }
            return List.of();
        }
        List<Cidr> cidrs = values.cidrs(field, List.of(text.split(",", -1)));
        boolean sameFamilyTwice = cidrs.size() == 2
                && cidrs.getFirst().family() == cidrs.getLast().family();
        if (cidrs.size() > 2 || sameFamilyTwice) {
            values.invalid(field, "'" + text + "': give one CIDR, or two of different families");
        }
        return cidrs;
    }

    private ConntrackSettings conntrack() {
        return new ConntrackSettings(
                values.range(KubeProxyFields.MAX_PER_CORE, 0, Integer.MAX_VALUE),
                values.range(KubeProxyFields.MIN_TRACKED, 0, Integer.MAX_VALUE),
                values.notNegative(KubeProxyFields.TCP_ESTABLISHED),
                values.notNegative(KubeProxyFields.TCP_CLOSE_WAIT),
                values.bool(KubeProxyFields.TCP_BE_LIBERAL),
                values.notNegative(KubeProxyFields.UDP),
                values.notNegative(KubeProxyFields.UDP_STREAM));
    }
}
