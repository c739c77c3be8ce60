package dev.sluice.daemon.config;

import dev.sluice.core.config.GoDuration;
import dev.sluice.core.config.IpvsOptions;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.config.Scheduler;
import dev.sluice.core.config.SyncPeriods;
import dev.sluice.core.config.UserspaceOptions;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.daemon.config.Settings.ConntrackSettings;
import dev.sluice.daemon.config.Settings.DetectLocal;
import dev.sluice.daemon.config.Settings.DetectLocalMode;
import dev.sluice.daemon.config.Settings.Masquerade;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Turns configuration values into {@link Settings}, or into all the reasons why they cannot be used. */
public final class SettingsReader {
    private static final Duration MAX_WITHOUT_FULL_SYNC = Duration.ofHours(1);

    private final ConfigValues values;
    private final List<String> reasons = new ArrayList<>();

    private SettingsReader(ConfigValues values) {
        this.values = values;
    }

    /**
     * Reads and validates.
     *
     * @param overrides what the command line decides whether or not there is a file
     * @throws ConfigException with every reason at once
     */
    public static Settings read(ConfigValues values, Overrides overrides) throws ConfigException {
        SettingsReader reader = new SettingsReader(values);
        Settings settings = reader.settings(overrides);
        if (!reader.reasons.isEmpty()) {
            throw new ConfigException(reader.reasons);
        }
        return settings;
    }

    /** The flags that count beside a file too. */
    public record Overrides(
            Optional<String> hostname,
            Optional<Integer> verbosity,
            String master,
            Optional<Path> manifests,
            boolean healthzOff,
            Optional<String> userspaceScheduler) {}

    private Settings settings(Overrides overrides) {
        ProxyMode mode = mode();
        IpAddress bind = address("bindAddress");
        List<String> nodePorts = values.strings("nodePortAddresses");
        boolean primary = nodePorts.contains("primary");
        if (primary && nodePorts.size() > 1) {
            reasons.add("nodePortAddresses: 'primary' must stand alone");
        }
        String kubeconfig = values.string("clientConnection.kubeconfig");
        return new Settings(
                mode,
                kubeconfig.isEmpty() ? Optional.empty() : Optional.of(Path.of(kubeconfig)),
                overrides.master(),
                overrides.manifests(),
                hostname(overrides),
                bind,
                overrides.healthzOff()
                        ? Optional.empty()
                        : Optional.of(socketAddress("healthzBindAddress", bind, "[::]:10256", 10256)),
                socketAddress("metricsBindAddress", bind, "[::1]:10249", 10249),
                values.bool("bindAddressHardFail"),
                detectLocal(),
                primary ? List.of() : cidrs("nodePortAddresses", nodePorts),
                primary,
                new Masquerade(range("iptables.masqueradeBit", 0, 31), values.bool("iptables.masqueradeAll")),
                values.bool("iptables.localhostNodePorts"),
                syncPeriods(mode),
                ipvs(),
                userspace(overrides),
                conntrack(),
                range("oomScoreAdj", -1000, 1000),
                overrides.verbosity().orElseGet(() -> values.integer("logging.verbosity")),
                FeatureGates.read(values.switches("featureGates"), reasons));
    }

    private ProxyMode mode() {
        String text = values.string("mode");
        return ProxyMode.parse(text).orElseGet(() -> {
            reasons.add("mode (--proxy-mode): unknown mode '" + text + "'; choose one of " + ProxyMode.choices());
            return ProxyMode.IPTABLES;
        });
    }

    private String hostname(Overrides overrides) {
        String name = overrides.hostname().orElseGet(() -> values.string("hostnameOverride"));
        boolean given = overrides.hostname().isPresent() || values.isGiven("hostnameOverride");
        if (given && !name.isEmpty() && name.isBlank()) {
            reasons.add("hostnameOverride (--hostname-override): is blank; give the Node's name or leave it out");
        }
        return name.trim().toLowerCase(Locale.ROOT);
    }

    private IpAddress address(String path) {
        String text = values.string(path);
        return IpAddress.parse(text).orElseGet(() -> {
            reasons.add(path + ": '" + text + "' is no IP address");
            return new IpAddress(IpFamily.IPV4, 0, 0);
        });
    }

    private InetSocketAddress socketAddress(String path, IpAddress bind, String fallbackV6, int defaultPort) {
        boolean useV6Default = !values.isGiven(path) && bind.family() == IpFamily.IPV6;
        String text = useV6Default ? fallbackV6 : values.string(path);
        Optional<IpAddress> bare = IpAddress.parse(text);
        if (bare.isPresent()) {
            return new InetSocketAddress(bare.get().toInetAddress(), defaultPort);
        }
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        String port = colon < 0 ? "" : text.substring(colon + 1);
        Optional<IpAddress> address = IpAddress.parse(host);
        boolean valid = address.isPresent() && port.matches("\\d{1,5}") && inRange(Integer.parseInt(port), 1, 65535);
        if (!valid) {
            reasons.add(path + ": '" + text + "' is no IP:PORT with a port from 1 to 65535, such as 0.0.0.0:"
                    + defaultPort);
            return new InetSocketAddress(defaultPort);
        }
        return new InetSocketAddress(address.get().toInetAddress(), Integer.parseInt(port));
    }

    private DetectLocal detectLocal() {
        String text = values.string("detectLocalMode");
        DetectLocalMode mode = Arrays.stream(DetectLocalMode.values())
                .filter(m -> m.value().equals(text))
                .findFirst()
                .orElse(DetectLocalMode.CLUSTER_CIDR);
        if (!text.isEmpty() && !mode.value().equals(text)) {
            reasons.add("detectLocalMode: unknown mode '" + text + "'; choose one of "
                    + Arrays.stream(DetectLocalMode.values())
                            .map(DetectLocalMode::value)
                            .collect(Collectors.joining(", ")));
        }
        String bridge = values.string("detectLocal.bridgeInterface");
        String prefix = values.string("detectLocal.interfaceNamePrefix");
        if (mode == DetectLocalMode.BRIDGE_INTERFACE && bridge.isEmpty()) {
            reasons.add("detectLocal.bridgeInterface (--pod-bridge-interface): is needed in mode BridgeInterface");
        }
        if (mode == DetectLocalMode.INTERFACE_NAME_PREFIX && prefix.isEmpty()) {
            reasons.add(
                    "detectLocal.interfaceNamePrefix (--pod-interface-name-prefix): is needed in mode InterfaceNamePrefix");
        }
        return new DetectLocal(mode, clusterCidrs(), bridge, prefix);
    }

    private List<Cidr> clusterCidrs() {
        String text = values.string("clusterCIDR");
        List<Cidr> cidrs = text.isEmpty() ? List.of() : cidrs("clusterCIDR", List.of(text.split(",", -1)));
        boolean sameFamilyTwice = cidrs.size() == 2
                && cidrs.getFirst().family() == cidrs.getLast().family();
        if (cidrs.size() > 2 || sameFamilyTwice) {
            reasons.add("clusterCIDR (--cluster-cidr): '" + text + "': give one CIDR, or two of different families");
        }
        return cidrs;
    }

    private List<Cidr> cidrs(String path, List<String> texts) {
        List<Cidr> cidrs = new ArrayList<>();
        for (String text : texts) {
            Cidr.parse(text.trim())
                    .ifPresentOrElse(
                            cidrs::add,
                            () -> reasons.add(path + ": '" + text + "' is no CIDR such as 10.0.0.0/8 or fd00::/64"));
        }
        return cidrs;
    }

    private SyncPeriods syncPeriods(ProxyMode mode) {
        String section = mode == ProxyMode.IPVS ? "ipvs" : "iptables";
        Duration sync = values.duration(section + ".syncPeriod");
        Duration min = values.duration(section + ".minSyncPeriod");
        if (sync.isNegative() || sync.isZero()) {
            reasons.add(section + ".syncPeriod: must be greater than 0, not " + GoDuration.format(sync));
            return new SyncPeriods(Duration.ZERO, MAX_WITHOUT_FULL_SYNC, MAX_WITHOUT_FULL_SYNC);
        }
        if (min.isNegative() || min.compareTo(sync) > 0) {
            reasons.add(section + ".minSyncPeriod: must be from 0 to syncPeriod (" + GoDuration.format(sync) + "), not "
                    + GoDuration.format(min));
            return new SyncPeriods(Duration.ZERO, MAX_WITHOUT_FULL_SYNC, MAX_WITHOUT_FULL_SYNC);
        }
        return new SyncPeriods(min, sync, mode == ProxyMode.IPVS ? sync : MAX_WITHOUT_FULL_SYNC);
    }

    private IpvsOptions ipvs() {
        String scheduler = values.string("ipvs.scheduler");
        if (scheduler.length() > 15) {
            reasons.add("ipvs.scheduler (--ipvs-scheduler): '" + scheduler
                    + "' is longer than the 15 characters that the kernel allows");
        }
        return new IpvsOptions(
                scheduler.isEmpty() ? "rr" : scheduler,
                cidrs("ipvs.excludeCIDRs", values.strings("ipvs.excludeCIDRs")),
                values.bool("ipvs.strictARP"),
                notNegative("ipvs.tcpTimeout"),
                notNegative("ipvs.tcpFinTimeout"),
                notNegative("ipvs.udpTimeout"));
    }

    private UserspaceOptions userspace(Overrides overrides) {
        String text = overrides
                .userspaceScheduler()
                .orElse(UserspaceOptions.DEFAULT.scheduler().text());
        return UserspaceOptions.DEFAULT.with(Scheduler.parse(text).orElseGet(() -> {
            reasons.add(
                    "--userspace-scheduler: unknown scheduler '" + text + "'; choose one of " + Scheduler.choices());
            return UserspaceOptions.DEFAULT.scheduler();
        }));
    }

    private ConntrackSettings conntrack() {
        return new ConntrackSettings(
                range("conntrack.maxPerCore", 0, Integer.MAX_VALUE),
                range("conntrack.min", 0, Integer.MAX_VALUE),
                notNegative("conntrack.tcpEstablishedTimeout"),
                notNegative("conntrack.tcpCloseWaitTimeout"),
                values.bool("conntrack.tcpBeLiberal"),
                notNegative("conntrack.udpTimeout"),
                notNegative("conntrack.udpStreamTimeout"));
    }

    private Duration notNegative(String path) {
        Duration duration = values.duration(path);
        if (duration.isNegative()) {
            reasons.add(path + ": must not be negative, not " + GoDuration.format(duration));
        }
        return duration;
    }

    private int range(String path, int least, int most) {
        int value = values.integer(path);
        if (!inRange(value, least, most)) {
            reasons.add(path + ": must be from " + least + " to " + most + ", not " + value);
            return least;
        }
        return value;
    }

    private static boolean inRange(int value, int least, int most) {
        return value >= least && value <= most;
    }
}
