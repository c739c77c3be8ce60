// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.conntrack.CleaningListener;
import dev.sluice.daemon.conntrack.ConntrackCleaning;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.host.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The mode in use, open on this host, with the conntrack clean-up around each backend. */
public final class ModeInUse implements AutoCloseable {
    private final ProxyModule module;
    private final Host host;
    private final List<ProxyBackend> backends = new ArrayList<>();

    ModeInUse(ProxyModule module, Host host) {
        this.module = module;
        this.host = host;
    }

    /**
     * Opens a backend for each of {@code configs} and prepares the kernel for the first sync.
     *
     * @param serviceLinks links whose addresses are not the node's
     * @throws ConfigException when the host lacks what the mode needs
     */
    void open(List<BackendConfig> configs, Set<String> serviceLinks, CleaningListener flows) throws ConfigException {
        try {
            List<ProxyBackend> opened = module.open(configs);
            for (int i = 0; i < opened.size(); i++) {
                backends.add(new ConntrackCleaning(
                        opened.get(i),
                        module.conntrack(configs.get(i).family()),
                        configs.get(i).nodePortAddresses(),
                        serviceLinks,
                        host.openConntrack(),
                        host.openLinks(),
                        flows));
            }
            module.prepare();
        } catch (HostException | KernelException e) {
            throw new ConfigException(
                    List.of("mode " + module.mode().flagValue() + " cannot start: " + e.getMessage()));
        }
    }

    public ProxyModule module() {
        return module;
    }

    List<ProxyBackend> backends() {
        return List.copyOf(backends);
    }

    /** Lets open connections end as the mode's options allow; the kernel keeps what is in force. */
    @Override
    public void close() {
        module.drain();
        backends.forEach(ProxyBackend::close);
        module.close();
    }
}
