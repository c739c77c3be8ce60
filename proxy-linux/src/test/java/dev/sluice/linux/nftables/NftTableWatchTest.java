// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.nftables.NftChain.BaseHook;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.NftCommand.AddChain;
import dev.sluice.linux.nftables.NftCommand.AddElements;
import dev.sluice.linux.nftables.NftCommand.AddRule;
import dev.sluice.linux.nftables.NftCommand.AddSet;
import dev.sluice.linux.nftables.NftCommand.AddTable;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.PayloadField;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.SystemCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The program {@code nft} changes our table in a namespace, and a watch and a second reading say what. */
@Tag("slow")
@RootOnly
@Timeout(60)
final class NftTableWatchTest {
    private final BlockingQueue<ForeignChange> noticed = new LinkedBlockingQueue<>();
    private NetworkNamespace namespace;
    private NetlinkNftables nftables;
    private NftTableWatch watch;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create("watch");
        nftables = namespace.call(NetlinkNftables::open);
        for (IpFamily family : IpFamily.values()) {
            nftables.commit(content(family));
        }
        watch = namespace.call(() -> NftTableWatch.open("proxy", List.of(nftables), noticed::add));
    }

    @AfterEach
    void close() {
        watch.close();
        nftables.close();
        namespace.close();
    }

    private static Table table(IpFamily family) {
        return new Table(family, "proxy");
    }

    private static NftSet refused(IpFamily family) {
        return NftSet.set("refused", List.of(DataType.address(family)));
    }

    private static SetElement element(IpFamily family, int last) {
        String address = (family == IpFamily.IPV4 ? "10.96.0." : "fd00::") + last;
        return SetElement.of(new Words.Builder().address(IpAddress.of(address)).build());
    }

    private static List<NftCommand> content(IpFamily family) {
        Table table = table(family);
        NftRule rule = new NftRule(
                "checks",
                List.of(PayloadField.destination(family, 0), Lookup.in("refused", 0), Immediate.verdict(Verdict.DROP)),
                "refusals");
        return List.of(
                new AddTable(table, "", false),
                new AddSet(table, refused(family)),
                new AddElements(table, "refused", List.of(element(family, 1), element(family, 2))),
                new AddChain(table, new NftChain("input", new BaseHook("filter", Hook.INPUT, 0), "what comes in")),
                new AddChain(table, NftChain.regular("checks")),
                new AddRule(table, rule),
                new AddRule(table, new NftRule("input", List.of(Immediate.verdict(Verdict.jump("checks"))), "")));
    }

    private void nft(String... arguments) throws Exception {
        var result =
                namespace.call(() -> new SystemCommands().run(Command.of(Duration.ofSeconds(20), "nft", arguments)));
        assertThat(result.succeeded()).as(List.of(arguments) + ": " + result).isTrue();
    }

    private ForeignChange next() throws InterruptedException {
        ForeignChange change = noticed.poll(30, TimeUnit.SECONDS);
        assertThat(change).as("what was noticed").isNotNull();
        return Objects.requireNonNull(change);
    }

    private void assertNoticed(IpFamily family, String kind, String name) throws InterruptedException {
        ForeignChange change = next();
        assertThat(change.family()).isEqualTo(family);
        assertThat(change.objects()).isEqualTo(Set.of(new KernelObject(kind, name)));
        assertThat(change.everything()).isFalse();
        assertThat(change.by()).matches("nft \\(pid \\d+\\)");
    }

    private static String name(IpFamily family) {
        return family == IpFamily.IPV4 ? "ip" : "ip6";
    }

    @ParameterizedTest
    @EnumSource
    void eachForeignChangeIsNoticedWithItsObjectAndItsProgram(IpFamily family) throws Exception {
        String in = name(family);
        String address = family == IpFamily.IPV4 ? "10.96.0.1" : "fd00::1";
        nft("delete", "element", in, "proxy", "refused", "{", address, "}");
        assertNoticed(family, NftTableWatch.SET, "refused");
        nft("flush", "set", in, "proxy", "refused");
        assertNoticed(family, NftTableWatch.SET, "refused");
        nft("insert", "rule", in, "proxy", "checks", "accept");
        assertNoticed(family, NftTableWatch.CHAIN, "checks");
        nft("flush", "chain", in, "proxy", "input");
        assertNoticed(family, NftTableWatch.CHAIN, "input");
        nft("delete", "chain", in, "proxy", "checks");
        assertThat(next().objects()).contains(new KernelObject(NftTableWatch.CHAIN, "checks"));
        nft("delete", "set", in, "proxy", "refused");
        assertNoticed(family, NftTableWatch.SET, "refused");
        nft("chain", in, "proxy", "input", "{ policy drop; }");
        assertNoticed(family, NftTableWatch.CHAIN, "input");
        nft("delete", "table", in, "proxy");
        assertThat(next().everything()).as("a table").isTrue();
        assertThat(noticed).isEmpty();
    }

    @Test
    void ownCommitsAndOtherTablesAreNotNoticed() throws Exception {
        for (int i = 10; i < 60; i++) {
            nftables.commit(
                    List.of(new AddElements(table(IpFamily.IPV4), "refused", List.of(element(IpFamily.IPV4, i)))));
        }
        nft("add", "table", "ip", "others");
        nft("add", "set", "ip", "others", "refused", "{ type ipv4_addr; }");
        nft("add", "chain", "ip6", "proxy", "marked");
        assertNoticed(IpFamily.IPV6, NftTableWatch.CHAIN, "marked");
        nft("flush", "ruleset");
        List<ForeignChange> changes = List.of(next(), next());
        assertThat(changes)
                .allMatch(ForeignChange::everything)
                .extracting(ForeignChange::family)
                .containsExactlyInAnyOrder(IpFamily.values());
    }

    @Test
    void lossMakesEverythingSuspectInBothFamilies() {
        List<ForeignChange> changes = new ArrayList<>();
        new NftTableWatch.Commits("proxy", changes::add).lost();
        assertThat(changes).hasSize(2).allMatch(ForeignChange::everything);
    }

    @Test
    void editedAddedAndMovedRulesAreSeenWhenReadBack() throws Exception {
        Table table = table(IpFamily.IPV4);
        List<Nftables.ListedRule> before = nftables.listRules(table);
        List<NftRule> ours = content(IpFamily.IPV4).stream()
                .filter(AddRule.class::isInstance)
                .map(command -> ((AddRule) command).rule())
                .toList();
        assertThat(before.stream().map(Nftables.ListedRule::rule)).containsExactlyInAnyOrderElementsOf(ours);
        assertThat(nftables.listChains(table).stream().map(Nftables.ListedChain::chain))
                .containsExactly(
                        new NftChain("input", new BaseHook("filter", Hook.INPUT, 0), "what comes in"),
                        NftChain.regular("checks"));
        long handle = before.stream()
                .filter(rule -> rule.rule().chain().equals("checks"))
                .findFirst()
                .orElseThrow()
                .handle();
        nft(
                "replace",
                "rule",
                "ip",
                "proxy",
                "checks",
                "handle",
                Long.toString(handle),
                "ip",
                "daddr",
                "!=",
                "@refused",
                "drop");
        nft("add", "rule", "ip", "proxy", "input", "counter", "accept");
        nft("chain", "ip", "proxy", "input", "{ policy drop; }");
        List<Nftables.ListedRule> after = nftables.listRules(table);
        assertThat(after.stream().map(Nftables.ListedRule::rule))
                .contains(ours.getLast())
                .doesNotContain(ours.getFirst())
                .hasSize(3);
        assertThat(after.getLast().packets()
                        + after.getFirst().packets()
                        + after.get(1).packets())
                .as("one counter that counted nothing, two rules without")
                .isEqualTo(2 * Nftables.ListedRule.UNCOUNTED);
        assertThat(nftables.listChains(table))
                .filteredOn(Nftables.ListedChain::drops)
                .hasSize(1);
        nftables.commit(List.of(content(IpFamily.IPV4).get(3)));
        assertThat(nftables.listChains(table)).noneMatch(Nftables.ListedChain::drops);
    }

    /** Each commit raises the kernel's generation by one; a commit that was not counted is somebody else's. */
    @Test
    void knowsWhetherItHasMissedSomething() throws Exception {
        Table table = table(IpFamily.IPV4);
        NftTableWatching quiet = new NftTableWatching("proxy", List.of(nftables));
        NftTableWatching disturbed = new NftTableWatching("proxy", List.of(nftables));
        nftables.commit(List.of(new AddElements(table, "refused", List.of(element(IpFamily.IPV4, 3)))));
        nftables.commit(List.of(new AddElements(table, "refused", List.of(element(IpFamily.IPV4, 4)))));
        try (NftTableWatch second = namespace.call(() -> quiet.open(change -> {}))) {
            assertThat(second.missedNothing()).isTrue();
        }
        nft("add", "element", "ip", "proxy", "refused", "{ 10.96.0.9 }");
        try (NftTableWatch second = namespace.call(() -> disturbed.open(change -> {}))) {
            assertThat(second.missedNothing()).isFalse();
        }
    }
}
