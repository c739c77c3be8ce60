// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.SupervisedThread;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Whether the host has what a mode needs. Found on a thread of its own, since the tools that are run for it take as
 * long as the API server takes to answer.
 */
final class HostCheck {
    private final FutureTask<Map<IpFamily, String>> check;

    private HostCheck(FutureTask<Map<IpFamily, String>> check) {
        this.check = check;
    }

    /** Begins, in the namespaces of the calling thread. */
    static HostCheck begin(ProxyModule module, FamilySupport support) {
        FutureTask<Map<IpFamily, String>> check = new FutureTask<>(() -> {
            module.requireHost();
            return support.problems();
        });
        SupervisedThread.task("sluice-host-check", check).start();
        return new HostCheck(check);
    }

    /**
     * Waits for the end.
     *
     * @return the problems of families, as of {@link FamilySupport#problems}
     * @throws HostException when the host lacks what the mode needs
     */
    Map<IpFamily, String> await() throws HostException, InterruptedException {
        try {
            return check.get();
        } catch (ExecutionException e) {
            ProcessEnd.ifFatal(e);
            switch (e.getCause()) {
                case HostException lacking -> throw lacking;
                case RuntimeException defect -> throw defect;
                case Error fatal -> throw fatal;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }
}
