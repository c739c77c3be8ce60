// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.linux.host.LinuxHost;
import dev.sluice.testkit.contract.IdleModule;
import java.util.List;

/** The daemon with a mode that programs nothing in the place of one of its own. */
final class IdleDaemon {
    static final ProxyMode IDLE = ProxyMode.USERSPACE;

    private IdleDaemon() {}

    public static void main(String[] args) {
        LinuxHost host = new LinuxHost();
        List<ProxyModule> modules = ProxyAssembly.modules(host).stream()
                .map(module -> module.mode() == IDLE ? new IdleModule(IDLE) : module)
                .toList();
        new Main(host, modules).runAndExit(args);
    }
}
