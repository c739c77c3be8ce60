// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ConfigValues;
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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Turns configuration values into {@link Settings}, or into all the reasons why they are invalid. */
public final class SettingsReader {
    private final ConfigReader values;
    private final List<ProxyModule> modules;

    private SettingsReader(ConfigReader values, List<ProxyModule> modules) {
        this.values = values;
        this.modules = modules;
    }

    /**
     * Reads and validates.
     *
     * @param overrides the flags that hold although a configuration file is given
     * @param modules of every mode: all validate their options, and the result has the one that is chosen
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

    /** The flags that hold although a file is given. */
    public record Overrides(
            Optional<String> hostname,
            Optional<Integer> verbosity,
            String master,
            Optional<Path> manifests,
            boolean healthzOff) {}

    private Settings settings(Overrides overrides) {
        ProxyModule module = module();
        IpAddress bind = address(KubeProxyFields.BIND_ADDRESS);
        List<String> nodePorts = values.values().strings(KubeProxyFields.NODE_PORT_ADDRESSES.path());
        boolean primary = nodePorts.contains("primary");
        if (primary && nodePorts.size() > 1) {
            values.invalid("nodePortAddresses: 'primary' must stand alone");
        }
        String kubeconfig = values.string(KubeProxyFields.KUBECONFIG);
        return new Settings(
                module,
                kubeconfig.isEmpty() ? Optional.empty() : Optional.of(Path.of(kubeconfig)),
                overrides.master(),
                overrides.manifests(),
                hostname(overrides),
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
                overrides.verbosity().orElseGet(() -> values.values().integer(KubeProxyFields.VERBOSITY.path())),
                FeatureGates.read(values.values().switches(KubeProxyFields.FEATURE_GATES.path()), values::invalid));
    }

    private ProxyModule module() {
        ProxyMode mode = mode();
        List<ProxyModule> configured =
                modules.stream().map(module -> module.configured(values)).toList();
        return configured.stream()
                .filter(module -> module.mode() == mode)
                .findFirst()
                .orElseThrow();
    }

    private ProxyMode mode() {
        String text = values.string(KubeProxyFields.MODE);
        return ProxyMode.parse(text).orElseGet(() -> {
            values.invalid("mode (--proxy-mode): unknown mode '" + text + "'; choose one of " + ProxyMode.choices());
            return ProxyMode.DEFAULT;
        });
    }

    private String hostname(Overrides overrides) {
        String name = overrides.hostname().orElseGet(() -> values.string(KubeProxyFields.HOSTNAME_OVERRIDE));
        boolean given =
                overrides.hostname().isPresent() || values.values().isGiven(KubeProxyFields.HOSTNAME_OVERRIDE.path());
        if (given && !name.isEmpty() && name.isBlank()) {
            values.invalid("hostnameOverride (--hostname-override): is blank; give the Node's name or leave it out");
        }
        return name.trim().toLowerCase(Locale.ROOT);
    }

    private IpAddress address(ConfigField field) {
        String text = values.string(field);
        return IpAddress.parse(text).orElseGet(() -> {
            values.invalid(field.path() + ": '" + text + "' is not an IP address");
            return new IpAddress(IpFamily.IPV4, 0, 0);
        });
    }

    /** @param hostV6 takes the place of the default's host when {@code bind} is an IPv6 address */
    private InetSocketAddress socketAddress(ConfigField field, IpAddress bind, String hostV6) {
        String fallback = (String) field.fallback();
        String defaultPort = fallback.substring(fallback.lastIndexOf(':') + 1);
        boolean useV6Default = !values.values().isGiven(field.path()) && bind.family() == IpFamily.IPV6;
        String text = useV6Default ? hostV6 + ":" + defaultPort : values.string(field);
        Optional<IpAddress> bare = IpAddress.parse(text);
        if (bare.isPresent()) {
            return new InetSocketAddress(bare.get().toInetAddress(), Integer.parseInt(defaultPort));
        }
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        String port = colon < 0 ? "" : text.substring(colon + 1);
        Optional<IpAddress> address = IpAddress.parse(host);
        boolean valid = address.isPresent() && port.matches("\\d{1,5}") && isPort(Integer.parseInt(port));
        if (!valid) {
            values.invalid(
                    field.path() + ": '" + text + "' is not IP:PORT with a port from 1 to 65535, such as " + fallback);
            return new InetSocketAddress(Integer.parseInt(defaultPort));
        }
        return new InetSocketAddress(address.get().toInetAddress(), Integer.parseInt(port));
    }

    private static boolean isPort(int number) {
        return number >= 1 && number <= 65535;
    }

    private DetectLocal detectLocal() {
        String text = values.string(KubeProxyFields.DETECT_LOCAL);
        DetectLocalMode mode = Arrays.stream(DetectLocalMode.values())
                .filter(m -> m.value().equals(text))
                .findFirst()
                .orElse(DetectLocalMode.CLUSTER_CIDR);
        if (!mode.value().equals(text)) {
            values.invalid("detectLocalMode: unknown mode '" + text + "'; choose one of " + DetectLocalMode.choices());
        }
        String bridge = values.string(KubeProxyFields.BRIDGE);
        String prefix = values.string(KubeProxyFields.INTERFACE_PREFIX);
        if (mode == DetectLocalMode.BRIDGE_INTERFACE && bridge.isEmpty()) {
            values.invalid("detectLocal.bridgeInterface (--pod-bridge-interface): is needed in mode BridgeInterface");
        }
        if (mode == DetectLocalMode.INTERFACE_NAME_PREFIX && prefix.isEmpty()) {
            values.invalid("detectLocal.interfaceNamePrefix (--pod-interface-name-prefix): is needed in mode"
                    + " InterfaceNamePrefix");
        }
        return new DetectLocal(mode, clusterCidrs(), bridge, prefix);
    }

    private List<Cidr> clusterCidrs() {
        String text = values.string(KubeProxyFields.CLUSTER_CIDR);
        List<Cidr> cidrs =
                text.isEmpty() ? List.of() : values.cidrs(KubeProxyFields.CLUSTER_CIDR, List.of(text.split(",", -1)));
        boolean sameFamilyTwice = cidrs.size() == 2
                && cidrs.getFirst().family() == cidrs.getLast().family();
        if (cidrs.size() > 2 || sameFamilyTwice) {
            values.invalid("clusterCIDR (--cluster-cidr): '" + text + "': give one CIDR, or two of different families");
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
