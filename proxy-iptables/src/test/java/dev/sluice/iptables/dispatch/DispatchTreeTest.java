// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.rules.PacketTracer;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleTable;
import dev.sluice.linux.rules.SetLookup;
import dev.sluice.linux.rules.Target;
import dev.sluice.linux.rules.TracedPacket;
import dev.sluice.testkit.fake.CanonicalForm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DispatchTreeTest {
    private static final String ROOT = "KUBE-SERVICES";

    @Test
    void staysAListWhileItIsShort() {
        DispatchTree tree = tree(DispatchLimits.DEFAULT, clusterAddresses(128));

        assertThat(tree.chains()).containsOnlyKeys(ROOT);
        assertThat(tree.rules(ROOT)).hasSize(128);
    }

    @Test
    void becomesATreeAbove() {
        DispatchTree tree = tree(DispatchLimits.DEFAULT, clusterAddresses(129));

        assertThat(tree.rules(ROOT))
                .hasSize(9)
                .contains("-d 10.96.0.128/28 -m comment --comment \"service addresses in 10.96.0.128/28\""
                        + " -j KUBE-SVC-10.96.0.128/28");
        assertThat(tree.rules("KUBE-SVC-10.96.0.128/28")).containsExactly(rule("10.96.0.128"));
    }

    @Test
    void keepsWhatAPacketMeetsShort() {
        assertThat(longestWalk(tree(DispatchLimits.DEFAULT, clusterAddresses(1_000))))
                .isLessThan(60);
        assertThat(longestWalk(tree(DispatchLimits.DEFAULT, clusterAddresses(30_000))))
                .isLessThan(80);
    }

    @Test
    void splitsPortsByRange() {
        List<String> rules = IntStream.range(0, 200)
                .mapToObj(i -> "-p tcp -m comment --comment s -m tcp --dport " + (30_000 + i) + " -j KUBE-EXT-" + i)
                .toList();
        DispatchTree tree = tree(DispatchLimits.DEFAULT, rules);

        assertThat(tree.rules(ROOT))
                .contains("-p tcp -m comment --comment \"node ports 30000 to 30015\" -m tcp --dport 30000:30015"
                        + " -j KUBE-SVC-tcp-30000-30015");
        assertThat(tree.rules("KUBE-SVC-tcp-30000-30015")).hasSize(16);
    }

    @Test
    void keepsAnAddressWithManyPortsTogether() {
        List<String> rules = new ArrayList<>(clusterAddresses(100));
        for (int port = 1; port <= 100; port++) {
            rules.add("-d 10.96.0.200/32 -p tcp -m comment --comment s -m tcp --dport " + port + " -j KUBE-SVC-X");
        }
        DispatchTree tree = tree(DispatchLimits.DEFAULT, rules);

        assertThat(tree.chains().values().stream().mapToInt(List::size)).contains(100);
    }

    @Test
    void findsRulesByWhatTheyName() {
        assertThat(DispatchKey.of("-d 127.0.0.0/8 -p udp -m udp --dport 53 -j X"))
                .isEqualTo(new DispatchKey(DispatchKey.Space.UDP, 0, 53));
        assertThat(DispatchKey.of(
                        "-p tcp -m comment --comment \"a -d b\" -m addrtype --dst-type LOCAL -m tcp --dport 80"
                                + " -j REJECT --reject-with icmp-port-unreachable"))
                .isEqualTo(new DispatchKey(DispatchKey.Space.TCP, 0, 80));
        assertThat(DispatchKey.of("-d fd00::1/128 -p sctp -m sctp --dport 80 -j X")
                        .nibble(31))
                .isEqualTo(1);
        assertThatThrownBy(() -> DispatchKey.of("-j ACCEPT")).hasMessageContaining("-j ACCEPT");
    }

    /**
     * Whatever was added and removed, the layout follows from the present rules, and the observer was notified of each
     * step.
     */
    @ParameterizedTest
    @CsvSource({
        "IPV4, 6, 3, 8, 1", "IPV4, 6, 3, 2, 2", "IPV4, 0, 1, 8, 3", "IPV4, 20, 4, 3, 4", "IPV6, 6, 3, 8, 5",
        "IPV6, 6, 3, 2, 6", "IPV6, 0, 1, 4, 7", "IPV6, 12, 5, 8, 8", "IPV4, 9, 4, 1, 9", "IPV6, 9, 2, 3, 10"
    })
    @Tag("slow")
    void hasTheShapeOfItsRules(IpFamily family, int flat, int leaf, int depth, long seed) {
        DispatchLimits limits = new DispatchLimits(flat, leaf, depth);
        Random chance = new Random(seed);
        DispatchTree tree = new DispatchTree(ROOT, "KUBE-SVC-", limits);
        Set<String> rules = new LinkedHashSet<>();
        Map<String, Set<String>> followed = new HashMap<>(Map.of(ROOT, Set.of()));
        for (int step = 0; step < 3_000; step++) {
            boolean growing = step / 100 % 2 == 0;
            Following observer = new Following(followed);
            if (rules.isEmpty() || chance.nextInt(10) < (growing ? 8 : 2)) {
                String rule = anyRule(family, chance);
                if (rules.add(rule)) {
                    tree.add(rule, observer);
                }
            } else {
                String gone = List.copyOf(rules).get(chance.nextInt(rules.size()));
                rules.remove(gone);
                tree.remove(gone, observer);
            }
            Map<String, Set<String>> expected = sets(tree(limits, rules).chains());
            assertThat(sets(tree.chains())).as("seed %s, step %s", seed, step).isEqualTo(expected);
            assertThat(followed)
                    .as("what was observed; seed %s, step %s", seed, step)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysWhatTheListSays(IpFamily family) {
        Random chance = new Random(99);
        Set<String> rules = new LinkedHashSet<>();
        while (rules.size() < 150) {
            rules.add(anyRule(family, chance));
        }
        Map<String, List<String>> tree =
                tree(new DispatchLimits(4, 2, 8), rules).chains();
        CanonicalForm form = new CanonicalForm(family);
        tree.forEach((chain, content) -> {
            ChainName.checkUser(chain);
            content.forEach(form::check);
        });
        RuleTable split = passing(tree);
        RuleTable list = passing(Map.of(ROOT, List.copyOf(rules)));
        int hits = 0;
        for (int i = 0; i < 2_000; i++) {
            String aimed = List.copyOf(rules).get(chance.nextInt(rules.size()));
            Packet packet = packet(chance.nextInt(4) == 0 ? anyRule(family, chance) : aimed);
            Set<String> met = met(list, packet);
            assertThat(met(split, packet)).isEqualTo(met);
            hits += met.isEmpty() ? 0 : 1;
        }
        assertThat(hits).isGreaterThan(1_000);
    }

    @Test
    void changesLittleForOneRule() {
        Random chance = new Random(4);
        Set<String> rules = new LinkedHashSet<>(clusterAddresses(5_000));
        DispatchTree tree = tree(DispatchLimits.DEFAULT, rules);
        int most = 0;
        long sum = 0;
        for (int i = 0; i < 3_000; i++) {
            Counting observer = new Counting();
            String rule = rule("10.96." + chance.nextInt(64) + "." + chance.nextInt(256));
            if (rules.add(rule)) {
                tree.add(rule, observer);
            } else {
                rules.remove(rule);
                tree.remove(rule, observer);
            }
            most = Math.max(most, observer.calls);
            sum += observer.calls;
        }
        assertThat(most).isLessThan(150);
        assertThat(sum / 3_000.0).isLessThan(8);
    }

    /** Adversarial on purpose: neighbours, far away ones, a few addresses with many ports, and ports of the node. */
    private static String anyRule(IpFamily family, Random chance) {
        String protocol = List.of("tcp", "udp", "sctp").get(chance.nextInt(3));
        int port = chance.nextInt(3) == 0 ? chance.nextInt(65_536) : 30_000 + chance.nextInt(40);
        String rest = "-p " + protocol + " -m comment --comment s -m " + protocol + " --dport " + port + " -j ACCEPT";
        if (chance.nextInt(4) == 0) {
            return rest;
        }
        long low = 1L << chance.nextInt(family == IpFamily.IPV4 ? 32 : 63);
        long high = chance.nextInt(3) == 0 ? 1L << chance.nextInt(63) : 0xfd00_0000_0000_0000L;
        IpAddress address = family == IpFamily.IPV4
                ? new IpAddress(family, 0, (0x0a600000L ^ (low + chance.nextInt(4))) & 0xffff_ffffL)
                : new IpAddress(family, high, low + chance.nextInt(4));
        return "-d " + Cidr.host(address) + " " + rest;
    }

    private static Packet packet(String rule) {
        List<String> words = RuleLine.words(rule);
        Protocol protocol = Protocol.valueOf(words.get(words.indexOf("-p") + 1).toUpperCase(java.util.Locale.ROOT));
        int to = words.indexOf("-d");
        IpAddress address =
                to < 0 ? IpAddress.of("192.0.2.1") : Cidr.of(words.get(to + 1)).base();
        int port = Integer.parseInt(words.get(words.indexOf("--dport") + 1));
        return new Packet(protocol, IpAddress.of("192.0.2.9"), 1, address, port, Origin.ARRIVING, "");
    }

    /** The chains with rules that accept nothing: a packet meets all that match it. */
    private static RuleTable passing(Map<String, List<String>> chains) {
        RuleTable.Builder table = RuleTable.of("nat");
        chains.forEach((chain, specs) -> table.chain(
                chain,
                specs.stream()
                        .map(Rule::parse)
                        .map(rule -> rule.target() instanceof Target.Jump
                                ? rule
                                : new Rule(rule.matches(), Target.Standard.CONTINUE))
                        .toList()));
        return table.build();
    }

    /** The rules that {@code packet} meets, apart from jumps within the tree. */
    private static Set<String> met(RuleTable table, Packet packet) {
        List<Step> steps = new ArrayList<>();
        new PacketTracer(address -> false, SetLookup.NONE, steps).walk(table, ROOT, TracedPacket.of(packet));
        return steps.stream()
                .map(Step::what)
                .filter(rule -> !rule.contains(" -j "))
                .collect(Collectors.toSet());
    }

    private static int longestWalk(DispatchTree tree) {
        Map<String, List<String>> chains = tree.chains();
        return longest(ROOT, chains);
    }

    private static int longest(String chain, Map<String, List<String>> chains) {
        List<String> rules = chains.getOrDefault(chain, List.of());
        int most = 0;
        for (String spec : rules) {
            String target = RuleLine.target(spec).orElse("");
            most = Math.max(most, chains.containsKey(target) ? longest(target, chains) : 0);
        }
        return rules.size() + most;
    }

    private static List<String> clusterAddresses(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> rule("10.96." + i / 256 + "." + i % 256))
                .toList();
    }

    private static String rule(String address) {
        return "-d " + address + "/32 -p tcp -m comment --comment s -m tcp --dport 80 -j KUBE-SVC-A";
    }

    private static DispatchTree tree(DispatchLimits limits, Iterable<String> rules) {
        DispatchTree tree = new DispatchTree(ROOT, "KUBE-SVC-", limits);
        List<String> all = new ArrayList<>();
        rules.forEach(all::add);
        tree.fill(all);
        return tree;
    }

    private static Map<String, Set<String>> sets(Map<String, List<String>> chains) {
        Map<String, Set<String>> sets = new TreeMap<>();
        chains.forEach((chain, rules) -> {
            sets.put(chain, Set.copyOf(rules));
            assertThat(rules).doesNotHaveDuplicates();
        });
        return sets;
    }
}
