// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The names and addresses reserved for one run of a scenario, so that many scenarios can share a daemon. The same name
 * always has the same address.
 */
public final class Allotment {
    private final Pool pool;
    private final String namespace;
    private final IpFamily family;
    private final Map<String, Integer> clusterIps = new HashMap<>();
    private final Map<String, Integer> outsideIps = new HashMap<>();
    private final Map<String, Integer> nodePorts = new HashMap<>();
    private final Map<Integer, Integer> sourcePorts = new HashMap<>();

    /** The source of numbers, shared by the scenarios of one daemon. */
    public static final class Pool {
        private final AtomicInteger clusterIp = new AtomicInteger(256);
        private final AtomicInteger outsideIp = new AtomicInteger(10);
        private final AtomicInteger nodePort = new AtomicInteger(30000);
        private final AtomicInteger fromTheEnd = new AtomicInteger();
        private final AtomicInteger sourcePort = new AtomicInteger(LabAddresses.FIRST_SOURCE_PORT);

        private int nextOutsideIp() {
            int number = outsideIp.getAndIncrement();
            if (number > 250) {
                throw new IllegalStateException("203.0.113.0/24 is used up: give the scenarios another daemon");
            }
            return number;
        }

        private int nextSourcePort() {
            int port = sourcePort.getAndIncrement();
            if (port > LabAddresses.LAST_SOURCE_PORT) {
                throw new IllegalStateException(
                        "the fixed source ports are used up: give the scenarios another daemon");
            }
            return port;
        }
    }

    /** @param namespace the Kubernetes namespace of the run's objects */
    public Allotment(Pool pool, String namespace, IpFamily family) {
        this.pool = pool;
        this.namespace = namespace;
        this.family = family;
    }

    /** The Kubernetes namespace of the run's objects. */
    public String namespace() {
        return namespace;
    }

    /** The family of the run. */
    public IpFamily family() {
        return family;
    }

    public IpAddress clusterIp(String name) {
        return clusterIp(name, family);
    }

    /** The cluster IP of that name, in 10.96.0.0/16 or fd00:96::/112. */
    public synchronized IpAddress clusterIp(String name, IpFamily of) {
        int number = clusterIps.computeIfAbsent(name, n -> pool.clusterIp.getAndIncrement());
        return IpAddress.of(
                of == IpFamily.IPV4
                        ? "10.96." + number / 256 + "." + number % 256
                        : String.format(Locale.ROOT, "fd00:96::%x", number));
    }

    /** A load balancer's or external address, in 203.0.113.0/24 or 2001:db8:113::/64. */
    public synchronized IpAddress outsideIp(String name, IpFamily of) {
        int number = outsideIps.computeIfAbsent(name, n -> pool.nextOutsideIp());
        return IpAddress.of(
                of == IpFamily.IPV4 ? "203.0.113." + number : String.format(Locale.ROOT, "2001:db8:113::%x", number));
    }

    /** The node port of that name. */
    public synchronized int nodePort(String name) {
        return nodePorts.computeIfAbsent(name, n -> pool.nodePort.getAndIncrement());
    }

    /** The source port of socket {@code number}: two runs with one port would take it, and flows, from each other. */
    synchronized int sourcePort(int number) {
        return sourcePorts.computeIfAbsent(number, n -> pool.nextSourcePort());
    }

    /**
     * Gives Service {@code name} addresses and a node port from the end of their ranges, instead of the next free ones.
     *
     * @param port the Service's only port
     */
    public synchronized void fromTheEnd(String name, int port) {
        int place = pool.fromTheEnd.getAndIncrement();
        clusterIps.put(name, 0xfffe - place);
        outsideIps.put(name, 254 - place);
        nodePorts.put(ServiceTemplate.nodePortName(name, port), 32767 - place);
    }

    /** A port of the node that no other run and no Service uses, since runs of both families share a node. */
    public int freePort(String name) {
        return nodePort("free:" + name);
    }
}
