// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.iptables.affinity.HostSets;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.render.ClientSetNames;
import dev.sluice.iptables.render.PortChainNames;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.nfacct.NetlinkCounters;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.linux.sysctl.ProcSysctl;
import dev.sluice.testkit.model.EditableSnapshot;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Datagrams of many clients through the real rules and sets of a namespace, in which clients and endpoints live. */
@Tag("slow")
class ManyClientsTest {
    private static final int MANY = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    static Stream<Arguments> kernels() {
        return Stream.of(Variant.values())
                .flatMap(variant -> Stream.of(IpFamily.values()).map(family -> Arguments.of(variant, family)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("kernels")
    void tenThousandKeepTheirEndpoint(Variant variant, IpFamily family) throws Exception {
        inNamespace(variant, family, bench -> {
            bench.backend().sync(bench.desired, Changes.all());
            List<Integer> first = bench.call(MANY);
            assertThat(first).contains(0, 1);
            assertThat(bench.call(MANY)).isEqualTo(first);
            assertThat(bench.remembered()).isEqualTo(MANY);

            assertThat(bench.backend().sync(bench.desired, Changes.all()).cost())
                    .as("a restart")
                    .isEqualTo(KernelCost.NONE);
            bench.desired.put(bench.service(3_600));
            IptablesBackend edited = bench.backend();
            edited.sync(bench.desired, Changes.all());
            assertThat(bench.call(MANY / 10)).isEqualTo(first.subList(0, MANY / 10));
            edited.cleanUp();
            assertThat(bench.sets.names()).isEmpty();
        });
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("kernels")
    void whoFindsASetFullIsServedAllTheSame(Variant variant, IpFamily family) throws Exception {
        inNamespace(variant, family, bench -> {
            for (String name : bench.setNames()) {
                bench.sets.create(new IpSet(name, IpSet.Type.HASH_IP, family, 1, 64, true));
            }
            bench.backend().sync(bench.desired, Changes.all());
            assertThat(bench.call(500)).hasSize(500);
            assertThat(bench.remembered()).isLessThan(300);
        });
    }

    private static void inNamespace(Variant variant, IpFamily family, Body body) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, for a network namespace");
        try (NetworkNamespace namespace = NetworkNamespace.create("many-clients")) {
            namespace.run(() -> {
                SystemCommands commands = new SystemCommands();
                boolean v4 = family == IpFamily.IPV4;
                new ProcSysctl().set("net.ipv6.ip_nonlocal_bind", "1");
                List<String> setup = List.of(
                        "link set lo up",
                        "address add " + address(family, 0) + (v4 ? "/32" : "/128") + " dev lo" + (v4 ? "" : " nodad"),
                        "address add " + address(family, 1) + (v4 ? "/32" : "/128") + " dev lo" + (v4 ? "" : " nodad"),
                        "route add " + (v4 ? "10.96.0.0/16" : "fd00:96::/64") + " dev lo",
                        "route add local " + (v4 ? "198.19.0.0/16" : "fd00:20:1::/64") + " dev lo");
                var result = commands.run(
                        Command.of(PATIENCE, "ip", "-batch", "-").reading(String.join("\n", setup) + "\n"));
                assertThat(result.succeeded()).as(result.errors()).isTrue();
                Iptables tools =
                        IptablesTools.discover(commands, Optional.of(variant)).open(family);
                try (NetlinkLinks links = NetlinkLinks.open();
                        NetlinkCounters counters = NetlinkCounters.open();
                        NetlinkIpSets sets = NetlinkIpSets.open();
                        DatagramChannel one = listen(address(family, 0));
                        DatagramChannel two = listen(address(family, 1))) {
                    body.run(new Bench(tools, links, counters, sets, List.of(one, two)));
                }
            });
        }
    }

    private static DatagramChannel listen(IpAddress address) throws IOException {
        DatagramChannel channel = DatagramChannel.open().bind(new InetSocketAddress(address.toInetAddress(), 8080));
        channel.configureBlocking(false);
        return channel;
    }

    private static IpAddress address(IpFamily family, int endpoint) {
        return IpAddress.of((family == IpFamily.IPV4 ? "10.244.1.1" : "fd00:244:1::1") + (endpoint + 1));
    }

    /** What a test does inside. */
    private interface Body {
        void run(Bench bench) throws Exception;
    }

    /** A Service of two endpoints, which receive in this thread. */
    private static final class Bench {
        private final Iptables tools;
        private final NetlinkLinks links;
        private final NetlinkCounters counters;
        private final NetlinkIpSets sets;
        private final List<DatagramChannel> receivers;
        private final EditableSnapshot desired;

        Bench(
                Iptables tools,
                NetlinkLinks links,
                NetlinkCounters counters,
                NetlinkIpSets sets,
                List<DatagramChannel> receivers) {
            this.tools = tools;
            this.links = links;
            this.counters = counters;
            this.sets = sets;
            this.receivers = receivers;
            desired = new EditableSnapshot(tools.family()).put(service(10_800));
        }

        private IpFamily family() {
            return tools.family();
        }

        IptablesBackend backend() {
            return new IptablesBackend(
                    IptablesConfig.defaults(family()),
                    tools,
                    new ProcSysctl(),
                    links,
                    counters,
                    new HostSets(() -> sets));
        }

        ResolvedPort service(int seconds) {
            Endpoint one = Endpoints.local(address(family(), 0).toString(), 8080);
            Endpoint two = Endpoints.local(address(family(), 1).toString(), 8080);
            return Endpoints.resolved(
                    ServicePorts.udp("shop/web", vip().toString(), 80)
                            .affinity(seconds)
                            .build(),
                    one,
                    two);
        }

        private IpAddress vip() {
            return IpAddress.of(family() == IpFamily.IPV4 ? "10.96.0.80" : "fd00:96::80");
        }

        private IpAddress client(int number) {
            return IpAddress.of(
                    family() == IpFamily.IPV4
                            ? "198.19." + number / 256 + "." + number % 256
                            : String.format(Locale.ROOT, "fd00:20:1::1:%x", number));
        }

        List<String> setNames() {
            ResolvedPort port = service(1);
            return port.endpoints().all().stream()
                    .map(each -> ClientSetNames.of(family(), PortChainNames.endpoint(port.name(), each)))
                    .toList();
        }

        int remembered() throws Exception {
            int elements = 0;
            for (String name : setNames()) {
                for (SetEntry ignored : sets.list(IpSet.of(name, IpSet.Type.HASH_IP, family()))) {
                    elements++;
                }
            }
            return elements;
        }

        /** The number of the endpoint that each client reaches. */
        List<Integer> call(int clients) throws IOException {
            List<Integer> reached = new ArrayList<>();
            for (int number = 0; number < clients; number++) {
                try (DatagramChannel channel = DatagramChannel.open()) {
                    channel.bind(new InetSocketAddress(client(number).toInetAddress(), 0));
                    channel.send(ByteBuffer.wrap(new byte[] {1}), new InetSocketAddress(vip().toInetAddress(), 80));
                    reached.add(receiver(client(number)));
                }
            }
            return reached;
        }

        private int receiver(IpAddress client) throws IOException {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            ByteBuffer buffer = ByteBuffer.allocate(16);
            while (System.nanoTime() - deadline < 0) {
                for (int i = 0; i < receivers.size(); i++) {
                    if (receivers.get(i).receive(buffer.clear()) instanceof InetSocketAddress from
                            && IpAddress.of(from.getAddress()).equals(client)) {
                        return i;
                    }
                }
                Thread.onSpinWait();
            }
            throw new AssertionError("the datagram of " + client + " reached no endpoint");
        }
    }
}
