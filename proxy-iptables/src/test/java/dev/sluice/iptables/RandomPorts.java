// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.model.EditableSnapshot;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random changes to the ports of a snapshot: they are added, removed and change their type, policies, ranges, affinity
 * and endpoints. Some share a load balancer address. The number of ports swings between none and {@code most}.
 */
final class RandomPorts {
    private static final List<Protocol> PROTOCOLS = List.of(Protocol.TCP, Protocol.UDP, Protocol.SCTP);
    private static final int SWING = 25;

    private final IpFamily family;
    private final int most;
    private final Random chance;
    private int sequences;

    RandomPorts(IpFamily family, int most, Random chance) {
        this.family = family;
        this.most = most;
        this.chance = chance;
    }

    /** One to six changes. */
    void change(EditableSnapshot desired) {
        boolean growing = sequences++ / SWING % 2 == 0;
        for (int i = chance.nextInt(6); i >= 0; i--) {
            int number = chance.nextInt(most);
            if (chance.nextInt(10) < (growing ? 1 : 9)) {
                desired.remove(port(number).name());
            } else {
                desired.put(port(number));
            }
        }
    }

    private ResolvedPort port(int number) {
        // protocol, name and addresses follow from the number: they are what distinguishes two ports
        ServicePorts port = ServicePorts.of(
                PROTOCOLS.get(number % 3), "shop/s" + number + ":p", address(96, number * 37), 1_000 + number);
        if (chance.nextBoolean()) {
            port.nodePort(30_000 + number * 11);
        }
        if (chance.nextInt(3) == 0) {
            port.externalIps(address(98, number), address(99, number % 3));
        }
        if (chance.nextInt(3) == 0) {
            port.loadBalancer(address(100, chance.nextInt(3) == 0 ? number : 0));
        }
        if (chance.nextInt(3) == 0) {
            port.sourceRanges(network(101, number), network(102, chance.nextInt(4)));
        }
        if (chance.nextInt(3) == 0) {
            port.externalPolicyLocal().healthCheckNodePort(20_000 + number);
        }
        if (chance.nextInt(4) == 0) {
            port.internalPolicyLocal();
        }
        if (chance.nextInt(4) == 0) {
            port.affinity(60 + chance.nextInt(2));
        }
        return Endpoints.resolved(port.build(), endpoints(number));
    }

    private List<Endpoint> endpoints(int number) {
        List<Endpoint> endpoints = new ArrayList<>();
        int count = chance.nextInt(5);
        for (int i = 0; i < count; i++) {
            String address = address(110 + i, number);
            int port = 8_080 + chance.nextInt(2);
            switch (chance.nextInt(6)) {
                case 0, 1 -> endpoints.add(Endpoints.local(address, port));
                case 2 -> endpoints.add(Endpoints.localTerminating(address, port));
                case 3 -> endpoints.add(Endpoints.notReady(address, port));
                default -> endpoints.add(Endpoints.remote(address, port));
            }
        }
        return endpoints;
    }

    private String address(int block, int number) {
        return family == IpFamily.IPV4
                ? "10." + block + "." + number / 250 + "." + (1 + number % 250)
                : "fd00:" + block + "::" + Integer.toHexString(0x1000 + number);
    }

    private String network(int block, int number) {
        return family == IpFamily.IPV4
                ? "10." + block + "." + number + ".0/24"
                : "fd00:" + block + ":" + Integer.toHexString(0x1000 + number) + "::/64";
    }
}
