// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.contract.BackendContract;
import dev.sluice.testkit.fake.FakeHost;
import java.util.List;

class UserspaceContractTest extends BackendContract {
    @Override
    protected ProxyModule module(FakeHost host) {
        return new UserspaceModule(host);
    }

    /** The sockets are real, so the node has no address but that of its loopback device. */
    @Override
    protected FakeHost host(IpFamily family) {
        return FakeHost.withNode();
    }

    @Override
    protected boolean carries(Protocol protocol) {
        return protocol != Protocol.SCTP;
    }

    /**
     * Rules and sets name the ports of sockets, which the kernel chooses; no two rules of UDP portals match one packet.
     */
    @Override
    protected List<String> comparable(List<String> dump) {
        List<String> withoutPorts = dump.stream()
                .map(line -> line.replaceAll("(--to-destination \\S+:|--dport |UDP-SOCKETS: )\\d{5}", "$1SOCKET"))
                .toList();
        return unordered(withoutPorts, chain -> chain.name().startsWith("SLUICE-UDP"));
    }
}
