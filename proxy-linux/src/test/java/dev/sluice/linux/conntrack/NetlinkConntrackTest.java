// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.conntrack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.conntrack.Conntrack.Deletion;
import dev.sluice.linux.conntrack.Conntrack.Filter;
import dev.sluice.linux.conntrack.ConntrackEntry.Tuple;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSocket;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.SystemCommands;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real connections through a DNAT rule in a namespace, cross-checked with the conntrack tool where it is installed. */
@Timeout(120)
@Tag("slow")
class NetlinkConntrackTest {
    private static final int SERVICE_PORT = 53;
    private static final int FLOWS = 40;

    private final SystemCommands commands = new SystemCommands();
    private NetworkNamespace namespace;
    private NetlinkConntrack conntrack;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        assumeTrue(commands.find("iptables-nft").isPresent(), "iptables-nft is not installed");
        assumeTrue(commands.find("ip").isPresent(), "iproute2 is not installed");
        namespace = NetworkNamespace.create("conntrack");
        conntrack = namespace.call(NetlinkConntrack::open);
    }

    @AfterEach
    void close() {
        if (conntrack != null) {
            conntrack.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void listsAndDeletesFlows(IpFamily family) throws Exception {
        IpAddress service = IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.10" : "fd00:10:96::a");
        IpAddress loopback = IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
        int endpointPort = serve(loopback, service);
        List<Integer> clientPorts = send(loopback, service);

        List<ConntrackEntry> flows = conntrack.list(family, Protocol.UDP);

        assertThat(flows).hasSize(FLOWS);
        for (int port : clientPorts) {
            assertThat(flows)
                    .filteredOn(flow -> flow.original().sourcePort() == port)
                    .singleElement()
                    .satisfies(flow -> assertThat(flow)
                            .isEqualTo(new ConntrackEntry(
                                    family,
                                    Protocol.UDP,
                                    new Tuple(loopback, port, service, SERVICE_PORT),
                                    new Tuple(loopback, endpointPort, loopback, port),
                                    0,
                                    0,
                                    flow.id())));
        }
        assertThat(conntrack.list(family, Protocol.TCP)).isEmpty();
        assertThat(conntrack.list(other(family), Protocol.UDP)).isEmpty();
        assertThat(counted(family)).isEqualTo(FLOWS);

        List<ConntrackEntry> half = flows.subList(0, FLOWS / 2);
        assertThat(conntrack.delete(half)).isEqualTo(new Deletion(half, List.of()));
        assertThat(conntrack.delete(half)).as("gone already").isEqualTo(new Deletion(List.of(), List.of()));
        assertThat(conntrack.delete(List.of())).isEqualTo(new Deletion(List.of(), List.of()));
        assertThat(conntrack.list(family, Protocol.UDP))
                .containsExactlyInAnyOrderElementsOf(flows.subList(FLOWS / 2, FLOWS));
        assertThat(counted(family)).isEqualTo(FLOWS / 2);
    }

    @ParameterizedTest
    @EnumSource
    void looksAFlowUpByItsReplies(IpFamily family) throws Exception {
        IpAddress service = IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.10" : "fd00:10:96::a");
        IpAddress loopback = IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
        int endpointPort = serve(loopback, service);
        int client = send(loopback, service).getFirst();
        Tuple reply = new Tuple(loopback, endpointPort, loopback, client);
        try (ConntrackLookup lookup = namespace.call(ConntrackLookup::open)) {
            assertThat(lookup.original(Protocol.UDP, reply))
                    .isEqualTo(new Tuple(loopback, client, service, SERVICE_PORT));
            assertThat(lookup.original(Protocol.TCP, reply)).isNull();
            Tuple unknown = new Tuple(loopback, 1, loopback, client);
            assertThat(lookup.originals(Protocol.UDP, List.of(unknown, reply, unknown, reply)))
                    .containsExactly(
                            null,
                            lookup.original(Protocol.UDP, reply),
                            null,
                            new Tuple(loopback, client, service, SERVICE_PORT));
            conntrack.delete(conntrack.list(family, Protocol.UDP));
            assertThat(lookup.original(Protocol.UDP, reply)).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void tellsZonesApart(IpFamily family) throws Exception {
        String tool = family == IpFamily.IPV4 ? "iptables-nft" : "ip6tables-nft";
        IpAddress service = IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.10" : "fd00:10:96::a");
        IpAddress loopback = IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
        for (String chain : List.of("OUTPUT", "PREROUTING")) {
            run(tool, "-t", "raw", "-A", chain, "-p", "udp", "-j", "CT", "--zone", "7");
        }
        serve(loopback, service);
        send(loopback, service);
        List<ConntrackEntry> flows = conntrack.list(family, Protocol.UDP);
        assertThat(flows).hasSize(FLOWS).extracting(ConntrackEntry::zone).containsOnly(7);

        List<ConntrackEntry> elsewhere = flows.stream()
                .map(flow -> new ConntrackEntry(family, Protocol.UDP, flow.original(), flow.reply(), 0, 8, flow.id()))
                .toList();
        assertThat(conntrack.delete(elsewhere).deleted()).as("of another zone").isEmpty();
        assertThat(conntrack.delete(flows).deleted()).hasSize(FLOWS);
        assertThat(conntrack.list(family, Protocol.UDP)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theKernelLeavesOtherProtocolsOut(IpFamily family) throws Exception {
        IpAddress service = IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.10" : "fd00:10:96::a");
        IpAddress loopback = IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
        serve(loopback, service);
        send(loopback, service);

        assertThat(messages(family, Protocol.TCP, Optional.of(Filter.ANYTHING))).isZero();
        assertThat(messages(family, Protocol.TCP, Optional.empty())).isGreaterThanOrEqualTo(FLOWS);
        assertThat(messages(family, Protocol.UDP, Optional.of(Filter.ANYTHING))).isEqualTo(FLOWS);
    }

    @ParameterizedTest
    @EnumSource
    void theKernelLeavesOtherDestinationsOut(IpFamily family) throws Exception {
        IpAddress service = IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.10" : "fd00:10:96::a");
        IpAddress loopback = IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
        serve(loopback, service);
        send(loopback, service);

        for (Filter none : List.of(
                new Filter(loopback, 0),
                new Filter(loopback, SERVICE_PORT),
                new Filter(service, SERVICE_PORT + 1),
                new Filter(null, SERVICE_PORT + 1))) {
            boolean byAddressOnly = none.port() != SERVICE_PORT + 1;
            int heard = family == IpFamily.IPV6 && byAddressOnly ? FLOWS : 0;
            assertThat(messages(family, Protocol.UDP, Optional.of(none))).isEqualTo(heard);
            assertThat(conntrack.list(family, Protocol.UDP, none)).isEmpty();
        }
        for (Filter all :
                List.of(new Filter(service, 0), new Filter(service, SERVICE_PORT), new Filter(null, SERVICE_PORT))) {
            assertThat(messages(family, Protocol.UDP, Optional.of(all))).isEqualTo(FLOWS);
            assertThat(conntrack.list(family, Protocol.UDP, all)).hasSize(FLOWS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEntryIsDeletedOnlyIfItIsStillTheOneThatWasListed(IpFamily family) throws Exception {
        IpAddress service = IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.10" : "fd00:10:96::a");
        IpAddress loopback = IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
        serve(loopback, service);
        send(loopback, service);
        List<ConntrackEntry> flows = conntrack.list(family, Protocol.UDP);
        assertThat(flows).extracting(ConntrackEntry::id).doesNotContain(0).doesNotHaveDuplicates();

        List<ConntrackEntry> earlier = flows.stream()
                .map(flow -> new ConntrackEntry(
                        family, Protocol.UDP, flow.original(), flow.reply(), 0, 0, flow.id() ^ 0x5a5a5a5a | 1))
                .toList();
        assertThat(conntrack.delete(earlier).deleted()).isEmpty();
        assertThat(conntrack.list(family, Protocol.UDP)).hasSize(FLOWS);
    }

    private int messages(IpFamily family, Protocol protocol, Optional<Filter> filter) throws Exception {
        try (NetlinkSocket socket = namespace.call(() -> NetlinkSocket.open(Netlink.NETFILTER))) {
            return socket.dump(NetlinkConntrack.dump(family, protocol, filter), Message::type)
                    .size();
        }
    }

    /** Routes and rewrites the service's address to a socket; returns the socket's port. */
    private int serve(IpAddress loopback, IpAddress service) throws Exception {
        boolean v4 = service.family() == IpFamily.IPV4;
        int port = 5353;
        run("ip", v4 ? "-4" : "-6", "route", "add", service + (v4 ? "/32" : "/128"), "dev", "lo");
        run(
                v4 ? "iptables-nft" : "ip6tables-nft",
                "-t",
                "nat",
                "-A",
                "OUTPUT",
                "-p",
                "udp",
                "-d",
                service.toString(),
                "--dport",
                Integer.toString(SERVICE_PORT),
                "-j",
                "DNAT",
                "--to-destination",
                loopback.withPort(port));
        return port;
    }

    /**
     * Sends a datagram from each of {@link #FLOWS} sockets, all open at once so that no port occurs twice; returns the
     * ports.
     */
    private List<Integer> send(IpAddress from, IpAddress to) throws Exception {
        return namespace.call(() -> {
            List<DatagramSocket> sockets = new ArrayList<>();
            try {
                for (int i = 0; i < FLOWS; i++) {
                    DatagramSocket socket = new DatagramSocket(new InetSocketAddress(from.toInetAddress(), 0));
                    sockets.add(socket);
                    socket.send(new DatagramPacket(new byte[] {1}, 1, to.toInetAddress(), SERVICE_PORT));
                }
                return sockets.stream().map(DatagramSocket::getLocalPort).toList();
            } finally {
                sockets.forEach(DatagramSocket::close);
            }
        });
    }

    private long counted(IpFamily family) throws Exception {
        if (commands.find("conntrack").isEmpty()) {
            return conntrack.list(family, Protocol.UDP).size();
        }
        String name = family == IpFamily.IPV4 ? "ipv4" : "ipv6";
        CommandRunner.Result listed = namespace.call(
                () -> commands.run(Command.of(Duration.ofSeconds(30), "conntrack", "-L", "-f", name, "-p", "udp")));
        return listed.output().lines().count();
    }

    private void run(String program, String... arguments) throws Exception {
        CommandRunner.Result result =
                namespace.call(() -> commands.run(Command.of(Duration.ofSeconds(30), program, arguments)));
        assertThat(result.succeeded()).as(result.errors()).isTrue();
    }

    private static IpFamily other(IpFamily family) {
        return family == IpFamily.IPV4 ? IpFamily.IPV6 : IpFamily.IPV4;
    }
}
