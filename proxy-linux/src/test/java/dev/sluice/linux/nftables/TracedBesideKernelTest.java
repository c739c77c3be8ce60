// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.nftables.NftCommand.DeleteTable;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.Nftables.ListedRule;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.SystemCommands;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random packets through random tables, traced and sent; the rules' counters say which way the kernel took. */
@Tag("slow")
@RootOnly
@Timeout(240)
final class TracedBesideKernelTest {
    private static final int TABLES = 25;
    private static final int PACKETS = 12;
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private NetworkNamespace node;
    private NetworkNamespace client;
    private NetlinkNftables nftables;
    private Table table = new Table(IpFamily.IPV4, "traced");
    private List<IpAddress> addresses = List.of();
    private int lastPort = 20_000;
    private final Set<String> ends = new TreeSet<>();
    private int unknown;

    @BeforeEach
    void open() throws Exception {
        node = NetworkNamespace.create("node");
        client = NetworkNamespace.create("client");
        nftables = node.call(NetlinkNftables::open);
    }

    @AfterEach
    void close() {
        nftables.close();
        client.close();
        node.close();
    }

    @ParameterizedTest
    @EnumSource
    void takesTheWayThatIsTraced(IpFamily family) throws Exception {
        table = new Table(family, "traced");
        String net = family == IpFamily.IPV4 ? "10.0.0." : "fd00::";
        String other = family == IpFamily.IPV4 ? "10.1.0." : "fd01::";
        addresses =
                List.of(IpAddress.of(net + 1), IpAddress.of(net + 2), IpAddress.of(other + 5), IpAddress.of(other + 6));
        connect(family, net);
        for (int i = 0; i < TABLES; i++) {
            Random random = new Random(1000L * family.addressFamily() + i);
            nftables.commit(new RandomTable(table, addresses, random).commands());
            for (int j = 0; j < PACKETS; j++) {
                compare(packet(random), "table " + i + ", packet " + j);
            }
            nftables.commit(List.of(new DeleteTable(table)));
        }
        assertThat(ends).contains("PASSED", "REWRITTEN", "DROPPED", "REJECTED");
        assertThat(unknown).as("what could not be traced").isLessThan(TABLES * PACKETS / 3);
    }

    private void connect(IpFamily family, String net) throws Exception {
        String length = family == IpFamily.IPV4 ? "/24" : "/64";
        String pid = client.path().toString().split("/")[2];
        run(node, "ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1", "netns", pid);
        run(node, "ip", "link", "set", "veth0", "up");
        run(client, "ip", "link", "set", "veth1", "up");
        address(node, family, net + 1 + length, "veth0");
        address(client, family, net + 2 + length, "veth1");
        String version = family == IpFamily.IPV4 ? "-4" : "-6";
        run(node, "ip", version, "route", "add", "default", "via", net + 2);
        run(client, "ip", version, "route", "add", "default", "via", net + 1);
        String forwarding = family == IpFamily.IPV4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding";
        node.run(() -> Files.writeString(Path.of("/proc/sys/net/" + forwarding), "1"));
    }

    private static void address(NetworkNamespace in, IpFamily family, String address, String link) throws Exception {
        if (family == IpFamily.IPV4) {
            run(in, "ip", "address", "add", address, "dev", link);
        } else {
            run(in, "ip", "address", "add", address, "dev", link, "nodad");
        }
    }

    private static void run(NetworkNamespace in, String program, String... arguments) throws Exception {
        var result = in.call(() -> new SystemCommands().run(Command.of(Duration.ofSeconds(20), program, arguments)));
        assertThat(result.succeeded()).as(List.of(arguments) + " " + result).isTrue();
    }

    private Packet packet(Random random) {
        boolean arrives = random.nextBoolean();
        IpAddress source = addresses.get(arrives ? 1 : 0);
        IpAddress destination = addresses.get(random.nextInt(addresses.size()));
        if (arrives && destination.equals(source)) {
            destination = addresses.getLast();
        }
        return new Packet(
                Protocol.UDP,
                source,
                ++lastPort,
                destination,
                RandomTable.PORTS.get(random.nextInt(RandomTable.PORTS.size())),
                arrives ? Origin.ARRIVING : Origin.NODE,
                arrives ? "veth0" : "");
    }

    private void compare(Packet packet, String what) throws Exception {
        Set<Set<String>> ways;
        try {
            ways = ways(packet);
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageContaining("masquerading is not known");
            unknown++;
            return;
        }
        Map<String, Long> before = counts();
        send(packet);
        long deadline = System.nanoTime() + LONGEST.toNanos();
        Set<String> seen = counted(before);
        while (!ways.contains(seen) && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            seen = counted(before);
        }
        assertThat(ways)
                .as("%s: %s counted %s through%n%s", what, packet, seen, rules())
                .contains(seen);
    }

    /** The rules that match on each way, with every combination of random numbers. */
    private Set<Set<String>> ways(Packet packet) throws Exception {
        NftState state = NftState.read(nftables, table);
        AddressTypes types = AddressTypes.withLocal(addresses.getFirst()::equals);
        Set<Set<String>> ways = new HashSet<>();
        Deque<List<Integer>> open = new ArrayDeque<>(List.of(List.of()));
        while (!open.isEmpty()) {
            List<Integer> begun = open.pop();
            List<Integer> numbers = new ArrayList<>(begun);
            AtomicInteger next = new AtomicInteger();
            NftTrace trace = NftTracer.trace(state, types, packet, modulus -> {
                if (next.get() == numbers.size()) {
                    numbers.add(0);
                }
                return numbers.get(next.getAndIncrement());
            });
            ways.add(comments(trace));
            trace.branches().forEach(branch -> ends.add(branch.end().name()));
            for (int at = begun.size(); at < numbers.size(); at++) {
                for (int number = 1; number < RandomTable.MODULUS; number++) {
                    List<Integer> other = new ArrayList<>(numbers.subList(0, at));
                    other.add(number);
                    open.push(other);
                }
            }
        }
        NftTrace all = NftTracer.trace(state, types, packet);
        assertThat(all.branches().stream()
                        .mapToDouble(NftTrace.Branch::probability)
                        .sum())
                .isBetween(0.999, 1.001);
        assertThat(comments(all)).isEqualTo(ways.stream().flatMap(Set::stream).collect(Collectors.toSet()));
        return ways;
    }

    private static Set<String> comments(NftTrace trace) {
        return trace.steps().stream()
                .map(step -> step.what().replaceAll(".* comment \"(.*)\"", "$1"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Map<String, Long> counts() throws Exception {
        return nftables.listRules(table).stream()
                .collect(Collectors.toMap(rule -> rule.rule().comment(), ListedRule::packets));
    }

    private Set<String> counted(Map<String, Long> before) throws Exception {
        Set<String> counted = new TreeSet<>();
        counts().forEach((rule, packets) -> {
            if (packets > before.getOrDefault(rule, 0L)) {
                counted.add(rule);
            }
        });
        return counted;
    }

    private void send(Packet packet) throws Exception {
        NetworkNamespace from = packet.origin() == Origin.NODE ? node : client;
        from.run(() -> {
            try (DatagramSocket socket =
                    new DatagramSocket(new InetSocketAddress(packet.source().toInetAddress(), packet.sourcePort()))) {
                socket.send(new DatagramPacket(
                        new byte[] {1}, 1, packet.destination().toInetAddress(), packet.destinationPort()));
            } catch (IOException e) {
                assertThat(e).as("what a rule drops as it leaves").hasMessageContaining("not permitted");
            }
        });
    }

    private String rules() throws Exception {
        NftState state = NftState.read(nftables, table);
        List<String> lines = new ArrayList<>();
        nftables.listChains(table).forEach(chain -> lines.add(chain.toString()));
        nftables.listRules(table)
                .forEach(rule -> lines.add(rule.rule().chain() + ": "
                        + NftRuleText.of(rule.rule(), set -> state.content(set).map(NftState.Content::set))));
        return String.join("\n", lines);
    }
}
