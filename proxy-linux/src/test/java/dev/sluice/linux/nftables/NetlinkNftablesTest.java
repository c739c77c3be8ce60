// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.nftables.NftCommand.AddChain;
import dev.sluice.linux.nftables.NftCommand.AddElements;
import dev.sluice.linux.nftables.NftCommand.AddSet;
import dev.sluice.linux.nftables.NftCommand.AddTable;
import dev.sluice.linux.nftables.NftCommand.DeleteElements;
import dev.sluice.linux.nftables.NftCommand.DeleteTable;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.Nftables.SetHeader;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.SystemCommands;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against the real kernel, in a namespace; the program {@code nft} says what is there. */
@Tag("slow")
@RootOnly
@Timeout(60)
final class NetlinkNftablesTest {
    private static final String RULESET = """
            add table ip proxy
            add chain ip proxy services
            add chain ip proxy more
            add rule ip proxy services jump more
            add set ip proxy addresses { type ipv4_addr; elements = { 10.0.0.1 }; }
            add table ip6 proxy
            add table ip others
            """;
    private static final Table TABLE = new Table(IpFamily.IPV4, "proxy");

    private NetworkNamespace namespace;
    private NetlinkNftables nftables;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create("nft");
        nftables = namespace.call(NetlinkNftables::open);
    }

    @AfterEach
    void close() {
        nftables.close();
        namespace.close();
    }

    private String nft(String... arguments) throws Exception {
        return nft(Command.of(Duration.ofSeconds(20), "nft", arguments));
    }

    private String nft(Command command) throws Exception {
        return namespace.call(() -> new SystemCommands().run(command)).output();
    }

    private void load(String ruleset) throws Exception {
        nft(Command.of(Duration.ofSeconds(20), "nft", "-f", "-").reading(ruleset));
    }

    @Test
    void oneTableGoesWithAllThatIsInIt() throws Exception {
        load(RULESET);
        assertThat(nftables.exists(TABLE)).isTrue();
        assertThat(nftables.exists(new Table(IpFamily.IPV6, "others"))).isFalse();
        nftables.commit(List.of(new DeleteTable(TABLE)));
        assertThat(nftables.exists(TABLE)).isFalse();
        assertThat(nft("list", "tables").lines()).containsExactlyInAnyOrder("table ip6 proxy", "table ip others");
        assertThatThrownBy(() -> nftables.commit(List.of(new DeleteTable(TABLE))))
                .isInstanceOfSatisfying(
                        NetlinkException.class, e -> assertThat(e.notFound()).isTrue())
                .hasMessageContaining("delete table ip proxy");
    }

    @Test
    void chainsAreListedByTableAndFamily() throws Exception {
        load(RULESET);
        assertThat(nftables.chains(TABLE)).containsExactlyInAnyOrder("services", "more");
        assertThat(nftables.chains(new Table(IpFamily.IPV4, "others"))).isEmpty();
        assertThat(nftables.chains(new Table(IpFamily.IPV6, "proxy"))).isEmpty();
        assertThat(nftables.chains(new Table(IpFamily.IPV4, "missing"))).isEmpty();
    }

    private static IpAddress address(IpFamily family, int last) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.0." + last : "fd00::" + last);
    }

    private static NftSet slots(IpFamily family) {
        return NftSet.map(
                        "slots",
                        List.of(DataType.address(family), DataType.INET_PROTO, DataType.INET_SERVICE, DataType.MARK),
                        List.of(DataType.address(family), DataType.INET_SERVICE))
                .withComment("endpoints");
    }

    private static SetElement slot(IpFamily family, int last, int number, int endpoint) {
        Words key = new Words.Builder()
                .address(address(family, last))
                .protocol(Protocol.UDP)
                .port(53)
                .number(number)
                .build();
        Words endpointOf = new Words.Builder()
                .address(address(family, endpoint))
                .port(8053)
                .build();
        return SetElement.of(key, endpointOf).withComment("kube-system/dns:udp");
    }

    @ParameterizedTest
    @EnumSource
    void elementsOfAMapAreReadAsTheyWereWritten(IpFamily family) throws Exception {
        Table table = new Table(family, "proxy");
        NftSet slots = slots(family);
        List<SetElement> elements = List.of(slot(family, 10, 0, 21), slot(family, 10, 1, 22));
        nftables.commit(List.of(
                new AddTable(table, "Services", false),
                new AddSet(table, slots),
                new AddElements(table, "slots", elements)));
        assertThat(nftables.elements(table, slots).orElseThrow()).containsExactlyInAnyOrderElementsOf(elements);
        assertThat(nftables.sets(table)).containsExactly(SetHeader.of(slots));
        assertThat(nftables.sets(table).getFirst().fits(slots.with(NftSet.Flag.TIMEOUT)))
                .isFalse();
        String first = family == IpFamily.IPV4
                ? "10.96.0.10 . udp . 53 . 0x00000000 comment \"kube-system/dns:udp\" : 10.96.0.21 . 8053"
                : "fd00::10 . udp . 53 . 0x00000000 comment \"kube-system/dns:udp\" : fd00::21 . 8053";
        assertThat(nft("list", "ruleset")).contains("comment \"Services\"", "comment \"endpoints\"", first);
    }

    @Test
    void aValueIsReplacedInOneTransaction() throws Exception {
        NftSet slots = slots(IpFamily.IPV4);
        SetElement before = slot(IpFamily.IPV4, 10, 0, 21);
        SetElement after = slot(IpFamily.IPV4, 10, 0, 29);
        nftables.commit(List.of(
                new AddTable(TABLE, "", false),
                new AddSet(TABLE, slots),
                new AddElements(TABLE, "slots", List.of(before))));
        assertThatThrownBy(() -> nftables.commit(List.of(new AddElements(TABLE, "slots", List.of(after)))))
                .hasMessageContaining("EEXIST");
        nftables.commit(List.of(
                new DeleteElements(TABLE, "slots", List.of(before)), new AddElements(TABLE, "slots", List.of(after))));
        assertThat(nftables.elements(TABLE, slots)).contains(List.of(after));
    }

    @Test
    void rangesVerdictsAndTimesAreReadAsTheyWereWritten() throws Exception {
        IpFamily family = IpFamily.IPV4;
        NftSet allowed = NftSet.set(
                        "allowed",
                        List.of(DataType.IPV4_ADDR, DataType.INET_PROTO, DataType.INET_SERVICE, DataType.IPV4_ADDR))
                .with(NftSet.Flag.INTERVAL);
        NftSet sizes = NftSet.verdicts("sizes", List.of(DataType.MARK));
        NftSet clients = NftSet.map("clients", List.of(DataType.IPV4_ADDR), List.of(DataType.MARK))
                .with(NftSet.Flag.TIMEOUT, NftSet.Flag.DYNAMIC)
                .withSize(1000);
        Words.Builder first = new Words.Builder()
                .address(address(family, 1))
                .protocol(Protocol.TCP)
                .port(80);
        Words.Builder last = new Words.Builder()
                .address(address(family, 1))
                .protocol(Protocol.TCP)
                .port(80);
        SetElement range = SetElement.range(
                first.address(address(family, 16)).build(),
                last.address(address(family, 31)).build());
        Words client = new Words.Builder().address(address(family, 7)).build();
        nftables.commit(List.of(
                new AddTable(TABLE, "", false),
                new AddChain(TABLE, NftChain.regular("pick-3")),
                new AddSet(TABLE, allowed),
                new AddSet(TABLE, sizes),
                new AddSet(TABLE, clients),
                new AddElements(TABLE, "allowed", List.of(range)),
                new AddElements(TABLE, "sizes", List.of(SetElement.of(Words.number(3), Verdict.goTo("pick-3")))),
                new AddElements(
                        TABLE,
                        "clients",
                        List.of(new SetElement(client, null, Words.number(9), Duration.ofHours(3), "")))));
        assertThat(nftables.elements(TABLE, allowed)).contains(List.of(range));
        assertThat(nftables.elements(TABLE, sizes))
                .contains(List.of(SetElement.of(Words.number(3), Verdict.goTo("pick-3"))));
        SetElement timed = nftables.elements(TABLE, clients).orElseThrow().getFirst();
        assertThat(timed.value()).isEqualTo(Words.number(9));
        assertThat(timed.timeout()).isBetween(Duration.ofHours(2), Duration.ofHours(3));
        assertThat(nftables.sets(TABLE))
                .allMatch(header -> List.of(allowed, sizes, clients).stream().anyMatch(header::fits));
        assertThat(nft("list", "ruleset"))
                .contains(
                        "elements = { 10.96.0.1 . tcp . 80 . 10.96.0.16/28 }",
                        "elements = { 0x00000003 : goto pick-3 }",
                        "10.96.0.7 timeout 3h");
        assertThat(nftables.elements(TABLE, slots(family))).isEqualTo(Optional.empty());
    }

    @Test
    void theCulpritOfARefusalIsFoundAndNothingElseIsDone() throws Exception {
        NftSet slots = slots(IpFamily.IPV4);
        nftables.commit(List.of(new AddTable(TABLE, "", false), new AddSet(TABLE, slots)));
        List<SetElement> many = IntStream.range(0, 2_000)
                .mapToObj(i -> slot(IpFamily.IPV4, 1 + i % 200, i / 200, 5))
                .toList();
        nftables.commit(List.of(new AddElements(TABLE, "slots", List.of(many.get(1_234)))));
        List<SetElement> others = many.stream()
                .map(slot -> SetElement.of(
                        slot.key(),
                        new Words.Builder()
                                .address(address(IpFamily.IPV4, 6))
                                .port(1)
                                .build()))
                .toList();
        assertThatThrownBy(() -> nftables.commit(List.of(new AddElements(TABLE, "slots", others))))
                .isInstanceOfSatisfying(RefusedCommand.class, refusal -> {
                    assertThat(refusal.element()).isEqualTo(others.get(1_234));
                    assertThat(refusal.alreadyExists()).isTrue();
                });
        assertThat(nftables.elements(TABLE, slots)).contains(List.of(many.get(1_234)));
        nftables.commit(List.of(new NftCommand.FlushSet(TABLE, "slots"), new AddElements(TABLE, "slots", many)));
        assertThat(nftables.elements(TABLE, slots).orElseThrow()).hasSize(2_000);
    }

    @Test
    void anUnknownSetIsRefusedWithItsName() {
        assertThatThrownBy(() -> nftables.commit(List.of(
                        new AddTable(TABLE, "", false),
                        new AddElements(TABLE, "missing", List.of(slot(IpFamily.IPV4, 1, 0, 2))))))
                .isInstanceOf(RefusedCommand.class)
                .hasMessageContaining("add element ip proxy missing (1)");
    }
}
