// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.SystemCommands;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against the real kernel, in a namespace, with the real tools of both variants. */
@RootOnly
@Timeout(120)
@Tag("slow")
final class RuleWatchTest {
    private static final String RULES = """
        *nat
        :KUBE-SERVICES - [0:0]
        :KUBE-SVC-A - [0:0]
        :KUBE-SVC-B - [0:0]
        :OTHER - [0:0]
        -A OTHER -j RETURN
        -A PREROUTING -j KUBE-SERVICES
        -A KUBE-SERVICES -m comment --comment a -j KUBE-SVC-A
        -A KUBE-SERVICES -m comment --comment b -j KUBE-SVC-B
        -A KUBE-SVC-A -m statistic --mode random --probability 0.5 -j RETURN
        -A KUBE-SVC-A -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x4000/0x4000
        -A KUBE-SVC-B -p tcp -m tcp --dport 80
        COMMIT
        *filter
        :KUBE-FORWARD - [0:0]
        -A KUBE-FORWARD -j ACCEPT
        -A FORWARD -j KUBE-FORWARD
        COMMIT
        """;

    /** Marks the end of a change: what is noticed afterwards belongs to a later one. */
    private static final String END = "KUBE-END";

    private final OwnRestores own = new OwnRestores();
    private final SystemCommands commands = new SystemCommands(own);
    private final SystemCommands foreign = new SystemCommands();
    private final BlockingQueue<ForeignChange> noticed = new LinkedBlockingQueue<>();
    private int ends;

    private interface Scene {
        void play(NetworkNamespace namespace, Iptables iptables) throws Exception;
    }

    private void watching(Variant variant, IpFamily family, Scene scene) throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("rulewatch")) {
            Iptables iptables = namespace.call(
                    () -> IptablesTools.discover(commands, Optional.of(variant)).open(family));
            namespace.run(() -> iptables.restore(RULES));
            Interest interest = (of, chain) -> chain.name().startsWith("KUBE-")
                    || chain.kind().equals("nat")
                            && List.of("PREROUTING", "OUTPUT").contains(chain.name())
                    || chain.kind().equals("filter")
                            && List.of("FORWARD", "OUTPUT").contains(chain.name());
            try (RuleWatch watch =
                    namespace.call(() -> RuleWatch.open(variant, own, () -> false, interest, noticed::add))) {
                assertThat(watch.means()).isNotEmpty();
                scene.play(namespace, iptables);
            }
        }
    }

    private void edit(NetworkNamespace namespace, Iptables iptables, String... arguments) throws Exception {
        String tool = (iptables.family() == IpFamily.IPV4 ? "iptables-" : "ip6tables-")
                + iptables.variant().name().toLowerCase(Locale.ROOT);
        run(namespace, tool, arguments);
    }

    private void run(NetworkNamespace namespace, String program, String... arguments) throws Exception {
        var result = namespace.call(() -> foreign.run(Command.of(Duration.ofSeconds(20), program, arguments)));
        assertThat(result.succeeded())
                .as(program + " " + List.of(arguments) + result)
                .isTrue();
    }

    private ForeignChange next() throws InterruptedException {
        ForeignChange edit = noticed.poll(30, TimeUnit.SECONDS);
        assertThat(edit).as("what was noticed").isNotNull();
        return Objects.requireNonNull(edit);
    }

    /** Makes one more change in each table, and returns the chains that were noticed before these. */
    private Set<String> untilEnd(NetworkNamespace namespace, Iptables iptables) throws Exception {
        String end = END + ends++;
        edit(namespace, iptables, "-t", "nat", "-N", end);
        edit(namespace, iptables, "-t", "filter", "-N", end);
        Set<String> marks = Set.of("nat " + end, "filter " + end);
        Set<String> chains = new TreeSet<>();
        while (!chains.containsAll(marks)) {
            ForeignChange edit = next();
            if (edit.everything()) {
                chains.add("everything");
            }
            edit.objects().stream().map(KernelObject::toString).forEach(chains::add);
        }
        chains.removeAll(marks);
        return chains;
    }

    @ParameterizedTest
    @EnumSource(Variant.class)
    void editsInPlaceAreNoticed(Variant variant) throws Exception {
        for (IpFamily family : IpFamily.values()) {
            watching(variant, family, (namespace, iptables) -> {
                edit(
                        namespace,
                        iptables,
                        "-t",
                        "nat",
                        "-R",
                        "KUBE-SVC-A",
                        "1",
                        "-m",
                        "statistic",
                        "--mode",
                        "random",
                        "--probability",
                        "0.25",
                        "-j",
                        "RETURN");
                ForeignChange edit = next();
                assertThat(edit.family()).isEqualTo(family);
                assertThat(edit.everything()).isFalse();
                assertThat(edit.objects()).isEqualTo(Set.of(new KernelObject("nat", "KUBE-SVC-A")));
                if (variant == Variant.NFT) {
                    assertThat(edit.by()).matches("ip6?tables-nft \\(pid \\d+\\)");
                }
                edit(
                        namespace,
                        iptables,
                        "-t",
                        "nat",
                        "-R",
                        "KUBE-SVC-A",
                        "2",
                        "-p",
                        "tcp",
                        "-m",
                        "tcp",
                        "--dport",
                        "81",
                        "-j",
                        "MARK",
                        "--set-xmark",
                        "0x4000/0x4000");
                assertThat(untilEnd(namespace, iptables)).containsExactly("nat KUBE-SVC-A");
                edit(
                        namespace,
                        iptables,
                        "-t",
                        "nat",
                        "-R",
                        "KUBE-SERVICES",
                        "2",
                        "-m",
                        "comment",
                        "--comment",
                        "b",
                        "-j",
                        "KUBE-SVC-A");
                assertThat(untilEnd(namespace, iptables)).containsExactly("nat KUBE-SERVICES");
            });
        }
    }

    @ParameterizedTest
    @EnumSource(Variant.class)
    void foreignChainsAndRulesInHooksAreLeftAlone(Variant variant) throws Exception {
        watching(variant, IpFamily.IPV4, (namespace, iptables) -> {
            edit(namespace, iptables, "-t", "nat", "-I", "OTHER", "1", "-d", "10.9.9.9", "-j", "RETURN");
            edit(namespace, iptables, "-t", "nat", "-I", "PREROUTING", "1", "-d", "10.9.9.9", "-j", "OTHER");
            edit(namespace, iptables, "-t", "nat", "-N", "ANOTHER");
            edit(namespace, iptables, "-t", "filter", "-A", "INPUT", "-d", "10.9.9.9", "-j", "DROP");
            edit(namespace, iptables, "-t", "filter", "-D", "INPUT", "1");
            edit(namespace, iptables, "-t", "mangle", "-A", "OUTPUT", "-j", "RETURN");
            assertThat(untilEnd(namespace, iptables)).isEmpty();
        });
    }

    @ParameterizedTest
    @EnumSource(Variant.class)
    void ownRestoresAreNotNoticedAndOthersBesideThemAre(Variant variant) throws Exception {
        watching(variant, IpFamily.IPV4, (namespace, iptables) -> {
            for (int i = 0; i < 5; i++) {
                String change = "*nat\n:KUBE-SVC-A - [0:0]\n:KUBE-SVC-N" + i + " - [0:0]\n-A KUBE-SVC-A -d 10.0.0." + i
                        + " -j RETURN\n-A KUBE-SVC-N" + i + " -j RETURN\nCOMMIT\n";
                namespace.run(() -> iptables.restore(change));
            }
            namespace.run(() -> iptables.restore("*nat\n:KUBE-SVC-N1 - [0:0]\n-X KUBE-SVC-N1\nCOMMIT\n"));
            // the mark itself follows right after them, so in the legacy variant their chains become suspect with it
            Set<String> first = untilEnd(namespace, iptables);
            assertThat(variant == Variant.NFT ? first : Set.of()).isEmpty();
            assertThat(first).doesNotContain("nat KUBE-SVC-B", "nat KUBE-SERVICES");
            namespace.run(() -> iptables.restore("*nat\n:KUBE-SVC-A - [0:0]\n-A KUBE-SVC-A -j RETURN\nCOMMIT\n"));
            edit(namespace, iptables, "-t", "nat", "-F", "KUBE-SVC-B");
            namespace.run(() -> iptables.restore("*nat\n:KUBE-SVC-A - [0:0]\nCOMMIT\n"));
            Set<String> second = untilEnd(namespace, iptables);
            assertThat(second).contains("nat KUBE-SVC-B");
            assertThat(variant == Variant.NFT ? second : Set.of("nat KUBE-SVC-B"))
                    .containsExactly("nat KUBE-SVC-B");
        });
    }

    @ParameterizedTest
    @EnumSource(Variant.class)
    void jumpsFlushesAndDeletionsAreNoticed(Variant variant) throws Exception {
        watching(variant, IpFamily.IPV6, (namespace, iptables) -> {
            edit(namespace, iptables, "-t", "nat", "-D", "PREROUTING", "1");
            assertThat(untilEnd(namespace, iptables)).containsExactly("nat PREROUTING");
            edit(namespace, iptables, "-F");
            assertThat(untilEnd(namespace, iptables)).containsExactly("filter FORWARD", "filter KUBE-FORWARD");
            edit(namespace, iptables, "-X", "KUBE-FORWARD");
            assertThat(untilEnd(namespace, iptables)).hasSize(1);
            edit(namespace, iptables, "-t", "nat", "-E", "KUBE-SVC-A", "ELSEWHERE");
            assertThat(untilEnd(namespace, iptables)).contains("everything");
        });
    }

    /** In the legacy variant both replace the table, and there is no time for a look in between. */
    @ParameterizedTest
    @EnumSource(Variant.class)
    void flushRightAfterAnOwnRestoreOfTheSameChainsIsNoticed(Variant variant) throws Exception {
        watching(variant, IpFamily.IPV4, (namespace, iptables) -> {
            for (int i = 0; i < 5; i++) {
                namespace.run(() -> iptables.restore(RULES.replace("-A PREROUTING -j KUBE-SERVICES\n", "")
                        .replace("-A FORWARD -j KUBE-FORWARD\n", "")));
                edit(namespace, iptables, "-t", "nat", "-F", "KUBE-SVC-A");
                assertThat(untilEnd(namespace, iptables)).contains("nat KUBE-SVC-A");
            }
        });
    }

    @Test
    void flushedRulesetIsNoticedInBothFamilies() throws Exception {
        watching(Variant.NFT, IpFamily.IPV6, (namespace, iptables) -> {
            Iptables ipv4 = namespace.call(() ->
                    IptablesTools.discover(commands, Optional.of(Variant.NFT)).open(IpFamily.IPV4));
            namespace.run(() -> ipv4.restore(RULES));
            run(namespace, "nft", "flush", "ruleset");
            List<ForeignChange> edits = List.of(next(), next());
            assertThat(edits).allMatch(ForeignChange::everything).allMatch(e -> e.by().startsWith("nft (pid "));
            assertThat(edits.stream().map(ForeignChange::family).collect(Collectors.toSet()))
                    .containsExactlyInAnyOrder(IpFamily.values());
        });
    }
}
