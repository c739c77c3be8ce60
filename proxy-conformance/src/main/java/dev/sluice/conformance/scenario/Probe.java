// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.conformance.scenario.Probe.Target.ClusterIp;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Calls that a scenario makes.
 *
 * @param from the host of the lab that calls
 * @param times how many calls
 * @param socket the number of the caller's socket in this run, 0 for a new one with each call; calls of one socket come
 *     from one port
 * @param family the family to call in, null for that of the run
 */
public record Probe(
        String from,
        Protocol protocol,
        Target target,
        int times,
        int socket,
        @Nullable IpFamily family) {

    /** The destination of calls. */
    public sealed interface Target {
        /** A port of a cluster IP, by its name in the {@link Allotment}. */
        record ClusterIp(String name, int port) implements Target {}

        /** The node port of a Service's port, on the node's first or second address. */
        record NodePort(String service, int port, boolean second) implements Target {}

        /** The node port of a Service's port, on the first loopback address. */
        record Loopback(String service, int port) implements Target {}

        /** A port of the load balancer's or external address of a Service. */
        record Outside(String service, int port) implements Target {}

        /** A port of a host of the lab itself. */
        record Host(String name, int port) implements Target {}
    }

    /** The beginning of a probe: its caller. */
    public record From(String host) {
        public Probe to(String service, int port) {
            return probe(new ClusterIp(service, port));
        }

        public Probe toNodePort(String service, int port) {
            return probe(new Target.NodePort(service, port, false));
        }

        public Probe toSecondAddress(String service, int port) {
            return probe(new Target.NodePort(service, port, true));
        }

        /** For a process on the node, the only one that has loopback addresses in common with it. */
        public Probe toLoopback(String service, int port) {
            return probe(new Target.Loopback(service, port));
        }

        public Probe toOutside(String service, int port) {
            return probe(new Target.Outside(service, port));
        }

        public Probe toHost(String name, int port) {
            return probe(new Target.Host(name, port));
        }

        private Probe probe(Target target) {
            return new Probe(host, Protocol.TCP, target, 1, 0, null);
        }
    }

    /** Calls from a Pod. */
    public static From fromPod(String host) {
        return new From(host);
    }

    /** Calls from a process on the node. */
    public static From fromNode() {
        return new From(LabAddresses.NODE_A);
    }

    /** Calls from the outside client. */
    public static From fromClient() {
        return new From(LabAddresses.CLIENT);
    }

    public Probe udp() {
        return new Probe(from, Protocol.UDP, target, times, socket, family);
    }

    public Probe sctp() {
        return new Probe(from, Protocol.SCTP, target, times, socket, family);
    }

    public Probe times(int count) {
        return new Probe(from, protocol, target, count, socket, family);
    }

    /** Calls by socket {@code number} of the caller, from a port that no other run uses. */
    public Probe socket(int number) {
        return new Probe(from, protocol, target, times, number, family);
    }

    public Probe in(IpFamily other) {
        return new Probe(from, protocol, target, times, socket, other);
    }

    /** The port to call from, 0 for any. */
    public int sourcePort(Allotment allotment) {
        return socket == 0 ? 0 : allotment.sourcePort(socket);
    }

    /** Passes the destination of a run's calls to {@code use}. */
    public <T> T destination(Allotment allotment, BiFunction<IpAddress, Integer, T> use) {
        IpFamily of = family == null ? allotment.family() : family;
        return switch (target) {
            case ClusterIp(String name, int port) -> use.apply(allotment.clusterIp(name, of), port);
            case Target.Outside(String service, int port) -> use.apply(allotment.outsideIp(service, of), port);
            case Target.Host(String name, int port) -> use.apply(LabAddresses.of(name, of), port);
            case Target.Loopback(String service, int port) ->
                use.apply(
                        IpAddress.of(of == IpFamily.IPV4 ? "127.0.0.1" : "::1"),
                        allotment.nodePort(ServiceTemplate.nodePortName(service, port)));
            case Target.NodePort(String service, int port, boolean second) ->
                use.apply(
                        second ? LabAddresses.secondOfNode(of) : LabAddresses.of(LabAddresses.NODE_A, of),
                        allotment.nodePort(ServiceTemplate.nodePortName(service, port)));
        };
    }

    /** The destination, for people. */
    public String describe(Allotment allotment) {
        String to = destination(allotment, IpAddress::withPort);
        return times + " call" + (times == 1 ? "" : "s") + " from " + from + " to " + to + "/" + protocol;
    }
}
