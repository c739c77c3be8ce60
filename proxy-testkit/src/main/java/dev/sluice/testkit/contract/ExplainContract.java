// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.model.SamplePorts;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where the mode says that packets go. */
abstract class ExplainContract extends ContractPart {

    ExplainContract(BackendContract mode) {
        super(mode);
    }

    @ParameterizedTest
    @EnumSource
    void explainsWhereClusterAddressesLead(IpFamily family) throws SyncException {
        Random chance = new Random(12);
        SamplePorts ports = new SamplePorts(family);
        try (ModeOnHost node = start(family)) {
            node.fullSync();
            for (int step = 0; step < STEPS; step++) {
                ResolvedPort port = ports.any(chance.nextInt(PORTS), chance);
                node.sync(port);
                node.snapshot.ports().forEach(each -> explained(each, node.explain(each)));
            }
            ResolvedPort gone = node.snapshot.ports().iterator().next();
            node.snapshot.remove(gone.name());
            node.sync();
            assertThat(node.explain(gone).verdict()).as("%s is gone", gone).isEqualTo(Verdict.NOT_A_SERVICE);
        }
    }

    private void explained(ResolvedPort port, Trace trace) {
        if (!carries(port.name().protocol())) {
            return;
        }
        Verdict expected = switch (port.internalDisposition()) {
            case FORWARD -> Verdict.FORWARD;
            case DROP -> Verdict.DROP;
            case REJECT -> Verdict.REJECT;
        };
        assertThat(trace.verdict()).as("%s: %s", port, trace.steps()).isEqualTo(expected);
        if (expected == Verdict.FORWARD) {
            assertThat(trace.service()).isEqualTo(port.name());
            assertThat(destinations(trace)).isEqualTo(destinations(port.internalEndpoints()));
        }
    }

    private static Set<SocketAddress> destinations(Trace trace) {
        return trace.candidates().stream()
                .filter(c -> c.probability() > 0)
                .map(c -> new SocketAddress(c.address(), c.port()))
                .collect(Collectors.toSet());
    }

    private static Set<SocketAddress> destinations(List<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::socketAddress).collect(Collectors.toSet());
    }
}
