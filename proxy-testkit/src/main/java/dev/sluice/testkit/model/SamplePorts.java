// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.model;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Service ports of every kind, by number and random choice. The same number always has the same name and addresses. */
public final class SamplePorts {
    private static final List<Protocol> PROTOCOLS = List.of(Protocol.TCP, Protocol.UDP, Protocol.SCTP);

    private final IpFamily family;

    public SamplePorts(IpFamily family) {
        this.family = family;
    }

    /** A TCP port with {@code endpoints} endpoints and nothing but a cluster address. */
    public ResolvedPort plain(int number, int endpoints) {
        ServicePorts port = ServicePorts.tcp(name(number), address(96, number), 80);
        return Endpoints.resolved(port.build(), endpoints(number, endpoints));
    }

    /** {@code shop/odd}: a TCP port of that number with one endpoint and nothing but a cluster address. */
    public ResolvedPort withPort(int port) {
        return Endpoints.resolved(
                ServicePorts.tcp("shop/odd", address(96, 4_000), port).build(), endpoints(4_000, 1));
    }

    /** A port with any mixture of what a port can have. */
    public ResolvedPort any(int number, Random chance) {
        Protocol protocol = PROTOCOLS.get(number % 3); // part of the name, so not random
        ServicePorts port = ServicePorts.of(protocol, name(number), address(96, number), 80 + number % 7);
        if (chance.nextBoolean()) {
            port.nodePort(30_000 + number);
        }
        if (chance.nextInt(3) == 0) {
            port.externalIps(address(98, number), address(99, number));
        }
        if (chance.nextInt(3) == 0) {
            port.loadBalancer(address(100, number));
        }
        if (chance.nextInt(3) == 0) {
            port.sourceRanges(network(101, number), network(102, number));
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
        return Endpoints.resolved(port.build(), endpoints(number, chance));
    }

    public String name(int number) {
        return number % 5 == 0 ? "shop/s" + number : "shop/s" + number + ":http";
    }

    private List<Endpoint> endpoints(int number, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Endpoints.remote(address(110 + i % 100, number + 5_000 * (i / 100)), 8080))
                .toList();
    }

    private List<Endpoint> endpoints(int number, Random chance) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String address = address(110 + i, number);
            switch (chance.nextInt(7)) {
                case 0 -> endpoints.add(Endpoints.local(address, 8080));
                case 1 -> endpoints.add(Endpoints.remote(address, 8080));
                case 2 -> endpoints.add(Endpoints.localTerminating(address, 8080));
                case 3 -> endpoints.add(Endpoints.notReady(address, 8080));
                default -> {}
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
                ? "10." + block + "." + number % 250 + ".0/24"
                : "fd00:" + block + ":" + Integer.toHexString(0x1000 + number) + "::/64";
    }
}
