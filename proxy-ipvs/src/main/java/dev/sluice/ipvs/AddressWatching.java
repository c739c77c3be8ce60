// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.ipvs.kernel.DummyDevice;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.host.Host;
import dev.sluice.linux.route.LinkChange;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A watch of rules, and of the addresses that this mode binds and their device. */
record AddressWatching(ForeignWatch.Opener rules, Host host, List<IpvsBackend> backends)
        implements ForeignWatch.Opener {
    private static final Set<KernelObject> DEVICE = Set.of(new KernelObject("addresses", DummyDevice.NAME));

    AddressWatching {
        backends = List.copyOf(backends);
    }

    /** Opened watches, of rules and of links. */
    private record Both(ForeignWatch rules, Host.LinkWatch links) implements ForeignWatch {
        @Override
        public String means() {
            return rules.means() + ", addresses by rtnetlink";
        }

        @Override
        public boolean missedNothing() {
            return rules.missedNothing();
        }

        @Override
        public void close() {
            links.close();
            rules.close();
        }
    }

    @Override
    public ForeignWatch open(Consumer<ForeignChange> noticed) throws HostException {
        ForeignWatch opened = rules.open(noticed);
        try {
            return new Both(opened, host.watchLinks(change -> report(change, noticed)));
        } catch (KernelException e) {
            opened.close();
            throw new HostException(e);
        }
    }

    private void report(LinkChange change, Consumer<ForeignChange> noticed) {
        for (IpvsBackend backend : backends) {
            if (backend.isConcernedBy(change)) {
                noticed.accept(new ForeignChange(backend.family(), "", false, DEVICE));
            }
        }
    }

    @Override
    public void close() {
        rules.close();
    }
}
