// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.events;

import dev.sluice.daemon.repair.Repair;
import dev.sluice.kubernetes.EventSink;

/** Events on the Node that name the program which changed the proxy's rules, and report the repair. */
public final class RepairEvents implements Repair.Listener {
    private final EventSink sink;

    public RepairEvents(EventSink sink) {
        this.sink = sink;
    }

    @Override
    public void repaired(Repair repair) {
        sink.node(EventSink.Type.WARNING, "ProxyRulesRepaired", "RepairRules", repair.text());
    }
}
