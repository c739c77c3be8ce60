// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncException;
import dev.sluice.testkit.model.SamplePorts;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.Random;

/** A part of the contract: its tests, with what they share. */
abstract class ContractPart {
    static final int PORTS = 25;
    static final int STEPS = 40;

    private final BackendContract mode;

    ContractPart(BackendContract mode) {
        this.mode = mode;
    }

    /** A process of the mode that has started and not synced yet. */
    final ModeOnHost start(IpFamily family) {
        ModeOnHost node = new ModeOnHost(family, mode.host(family), mode::module, mode.node(family));
        node.restart();
        return node;
    }

    final ModeOnHost filled(IpFamily family, long seed) throws SyncException {
        ModeOnHost node = start(family);
        fill(node, seed);
        return node;
    }

    static void fill(ModeOnHost node, long seed) throws SyncException {
        Random chance = new Random(seed);
        SamplePorts ports = new SamplePorts(node.family);
        for (int number = 0; number < PORTS; number++) {
            node.snapshot.put(ports.any(number, chance));
        }
        node.fullSync();
    }

    /** What of the node's state must not differ from that of another node with the same Services. */
    final List<String> state(ModeOnHost node) {
        return mode.comparable(node.dump());
    }

    final List<String> comparable(List<String> dump) {
        return mode.comparable(dump);
    }

    final boolean writes() {
        return mode.writes();
    }

    final boolean carries(Protocol protocol) {
        return mode.carries(protocol);
    }

    static ResolvedPort web(IpFamily family, int endpoints) {
        boolean v4 = family == IpFamily.IPV4;
        ServicePorts port = ServicePorts.tcp("shop/web", v4 ? "10.96.7.7" : "fd00:96::77", 80);
        Endpoint[] all = new Endpoint[endpoints];
        for (int i = 0; i < endpoints; i++) {
            all[i] = remote((v4 ? "10.244.7." : "fd00:244:7::") + (i + 1), 8080);
        }
        return resolved(port.build(), all);
    }

    static ResolvedPort other(IpFamily family) {
        boolean v4 = family == IpFamily.IPV4;
        return resolved(
                ServicePorts.tcp("shop/other", v4 ? "10.96.7.8" : "fd00:96::78", 80)
                        .build(),
                remote(v4 ? "10.244.8.1" : "fd00:244:8::1", 8080));
    }
}
