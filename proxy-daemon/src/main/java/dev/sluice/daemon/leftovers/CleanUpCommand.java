// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.linux.KernelException;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** {@code --cleanup}: removes every mode's leftovers from the node. */
public final class CleanUpCommand {
    private static final Logger LOG = LoggerFactory.getLogger(CleanUpCommand.class);

    private final List<ProxyModule> modules;
    private boolean failed;

    /** @param modules of every mode, with default options */
    public CleanUpCommand(List<ProxyModule> modules) {
        this.modules = List.copyOf(modules);
    }

    /** Exit code 0 when nothing is left, 1 when something could not be removed. */
    public int run() throws ConfigException {
        int status = removeModes();
        for (IpFamily family : IpFamily.values()) {
            removeNftables(family);
        }
        return status;
    }

    /** The same without what kube-proxy's nftables mode makes. */
    int removeModes() throws ConfigException {
        for (ProxyModule module : modules) {
            String mode = module.mode().flagValue();
            module.cannotHaveRun()
                    .ifPresent(why -> LOG.atInfo()
                            .addKeyValue("mode", mode)
                            .addKeyValue("cause", why)
                            .log("mode {}: {}, so there is nothing to remove", mode, why));
            if (module.cannotHaveRun().isEmpty()) {
                cleanUp(module);
            }
        }
        return failed ? 1 : 0;
    }

    private void cleanUp(ProxyModule module) throws ConfigException {
        try (ProxyModule opened = module) {
            opened.requireHost();
            List<ProxyBackend> backends = opened.open(Arrays.stream(IpFamily.values())
                    .filter(family -> opened.problem(family).isEmpty())
                    .map(BackendConfig::defaults)
                    .toList());
            backends.forEach(this::cleanUp);
            backends.forEach(ProxyBackend::close);
        } catch (HostException e) {
            throw new ConfigException(List.of(e.getMessage()));
        }
    }

    private void cleanUp(ProxyBackend backend) {
        try {
            backend.cleanUp();
            about(LOG.atInfo(), backend.mode().flagValue(), backend.family())
                    .log("mode {}, {}: clean", backend.mode().flagValue(), backend.family());
        } catch (SyncException e) {
            failed = true;
            about(LOG.atError(), backend.mode().flagValue(), backend.family())
                    .addKeyValue("cause", e.getMessage())
                    .log("mode {}, {}: {}", backend.mode().flagValue(), backend.family(), e.getMessage());
        }
    }

    private static void removeNftables(IpFamily family) {
        try {
            if (KubeProxyNftables.remove(family)) {
                about(LOG.atInfo(), "nftables", family).log("mode nftables, {}: clean", family);
            }
        } catch (KernelException e) {
            about(LOG.atWarn(), "nftables", family)
                    .addKeyValue("cause", e.getMessage())
                    .log("mode nftables, {}: {}", family, e.getMessage());
        }
    }

    private static LoggingEventBuilder about(LoggingEventBuilder event, String mode, IpFamily family) {
        return event.addKeyValue("mode", mode).addKeyValue("family", family);
    }
}
