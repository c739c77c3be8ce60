package dev.sluice.daemon;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.start.Privileges;
import dev.sluice.linux.sysctl.ProcSysctl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code --cleanup}: removes what every mode has left on the node, and nothing else. */
final class CleanUp {
    private static final Logger log = LoggerFactory.getLogger(CleanUp.class);
    static final Path IPVS_MODULE = Path.of("/sys/module/ip_vs");

    private boolean failed;

    /** Exit code 0 when nothing is left, 1 when something could not be removed. */
    int run() throws ConfigException {
        Optional<String> missing = Privileges.missing();
        if (missing.isPresent()) {
            throw new ConfigException(List.of(missing.get()));
        }
        for (ProxyMode mode : ProxyMode.values()) {
            if (mode == ProxyMode.IPVS && !Files.isDirectory(IPVS_MODULE)) {
                log.info("mode ipvs: the kernel module ip_vs is not loaded, so there is nothing to remove");
                continue;
            }
            cleanUp(mode);
        }
        return failed ? 1 : 0;
    }

    private void cleanUp(ProxyMode mode) throws ConfigException {
        try (ProxyAssembly assembly = new ProxyAssembly(mode, new ProcSysctl(), (_, _, _) -> {})) {
            assembly.open(Arrays.stream(IpFamily.values())
                    .filter(family -> assembly.iptablesProblem(family).isEmpty())
                    .map(BackendConfig::defaults)
                    .toList());
            for (ProxyBackend backend : assembly.backends()) {
                cleanUp(backend);
                if (mode == ProxyMode.IPTABLES) {
                    assembly.leftovers().removeNftables(backend.family());
                }
            }
        }
    }

    private void cleanUp(ProxyBackend backend) {
        try {
            backend.cleanUp();
            log.info("mode {}, {}: clean", backend.mode().flagValue(), backend.family());
        } catch (SyncException e) {
            failed = true;
            log.error("mode {}, {}: {}", backend.mode().flagValue(), backend.family(), e.getMessage());
        }
    }
}
