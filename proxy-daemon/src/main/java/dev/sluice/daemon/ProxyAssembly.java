package dev.sluice.daemon;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.iptables.IptablesBackend;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.process.Modprobe;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.linux.sysctl.Sysctl;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts a mode together with the kernel: the only class that knows every room. */
final class ProxyAssembly implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProxyAssembly.class);

    private final ProxyMode mode;
    private final Sysctl sysctl;
    private final SystemCommands commands = new SystemCommands();
    private final IptablesTools tools;
    private final List<ProxyBackend> backends = new ArrayList<>();

    /** @throws ConfigException when this host has no iptables tools, which every mode needs */
    ProxyAssembly(ProxyMode mode, Sysctl sysctl) throws ConfigException {
        this.mode = mode;
        this.sysctl = sysctl;
        try {
            tools = IptablesTools.discover(commands, Optional.empty());
        } catch (KernelException e) {
            throw new ConfigException(List.of(e.getMessage()));
        }
    }

    /** Why the iptables tools of {@code family} do not work; empty when they do. */
    Optional<String> iptablesProblem(IpFamily family) {
        IptablesTools.Support support = tools.supported(family);
        return support.available() ? Optional.empty() : Optional.of(support.reason());
    }

    /**
     * Opens a backend for each of {@code configs}.
     *
     * @throws ConfigException when the kernel lacks what the mode needs
     */
    void open(List<BackendConfig> configs) throws ConfigException {
        log.info("iptables {}, {} variant", tools.version(), tools.variant());
        try {
            if (mode == ProxyMode.IPVS) {
                log.info("{}", new Modprobe(commands).load("ip_vs").text());
            }
            for (BackendConfig config : configs) {
                backends.add(backend(config, tools.open(config.family())));
            }
        } catch (KernelException e) {
            throw new ConfigException(List.of("mode " + mode.flagValue() + " cannot start: " + e.getMessage()));
        }
    }

    private ProxyBackend backend(BackendConfig config, Iptables iptables) throws KernelException {
        return switch (mode) {
            case IPTABLES -> new IptablesBackend(config, iptables, sysctl, NetlinkLinks.open());
            case IPVS, USERSPACE -> throw new KernelException("this mode is not built yet");
        };
    }

    List<ProxyBackend> backends() {
        return List.copyOf(backends);
    }

    @Override
    public void close() {
        backends.forEach(ProxyBackend::close);
    }
}
