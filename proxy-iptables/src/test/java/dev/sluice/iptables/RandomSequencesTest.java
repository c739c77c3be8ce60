// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.iptables.affinity.HostSets;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.dispatch.DispatchLimits;
import dev.sluice.iptables.render.DispatchRoot;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.iptables.sync.AppliedState.Basis;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.sysctl.ProcSysctl;
import dev.sluice.testkit.model.EditableSnapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A thousand random sequences of changes. After each one the state kept in memory equals one rendered from scratch, and
 * the kernel's tables equal both. The system property {@code sluice.test.seed} repeats a failure.
 */
@Timeout(600)
@Tag("slow")
class RandomSequencesTest {
    private static final int SEQUENCES = Integer.getInteger("sluice.test.sequences", 250);
    private static final long SEED = Long.getLong("sluice.test.seed", 20_261_123L);
    private static final int PORTS = 60;

    static Stream<Arguments> kernels() {
        return Stream.of(
                Arguments.of(Variant.NFT, IpFamily.IPV4, new DispatchLimits(6, 3, 8)),
                Arguments.of(Variant.NFT, IpFamily.IPV6, new DispatchLimits(10, 4, 8)),
                Arguments.of(Variant.LEGACY, IpFamily.IPV4, new DispatchLimits(12, 2, 8)),
                Arguments.of(Variant.LEGACY, IpFamily.IPV6, new DispatchLimits(5, 1, 3)));
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("kernels")
    void followWhatARenderFromScratchSays(Variant variant, IpFamily family, DispatchLimits limits) throws Exception {
        KernelTools.inNamespace(variant, family, kernel -> run(kernel, limits));
    }

    private static IptablesBackend backend(KernelTools kernel, DispatchLimits limits) {
        return new IptablesBackend(
                kernel.config(),
                kernel.tools(),
                new ProcSysctl(),
                kernel.links(),
                kernel.counters(),
                new HostSets(NetlinkIpSets::open),
                limits);
    }

    private static void run(KernelTools kernel, DispatchLimits limits) throws Exception {
        Iptables tools = kernel.tools();
        IpFamily family = tools.family();
        IptablesBackend backend = backend(kernel, limits);
        EditableSnapshot desired = new EditableSnapshot(family);
        RandomPorts ports = new RandomPorts(family, PORTS, new Random(SEED));
        backend.sync(desired, Changes.all());
        int shapes = 0;
        int chainsBefore = 0;
        for (int sequence = 1; sequence <= SEQUENCES; sequence++) {
            String where = "seed " + SEED + ", sequence " + sequence + ": ";
            ports.change(desired);
            SyncReport report = backend.sync(desired, desired.changes());
            assertThat(report.full()).as(where + "fell back to a full sync").isFalse();
            Basis applied = backend.applied().basis().orElseThrow();
            Map<String, String> scratch = fromScratch(applied, limits, desired);
            assertSame(
                    where + "in memory",
                    scratch,
                    inMemory(applied, backend.applied().ports()));
            assertSame(where + "in the kernel", scratch, inKernel(tools, scratch));
            int chains = applied.layout().chains("nat").size()
                    + applied.layout().chains("filter").size();
            shapes += chains == chainsBefore ? 0 : 1;
            chainsBefore = chains;
            if (sequence % 50 == 0) {
                backend = backend(kernel, limits);
                assertThat(backend.sync(desired, Changes.all()).cost())
                        .as(where + "a restart")
                        .isEqualTo(KernelCost.NONE);
            }
        }
        assertThat(shapes).as("changes of shape").isGreaterThan(SEQUENCES / 5);
        backend.cleanUp();
        assertThat(tools.save("nat") + tools.save("filter")).doesNotContain("KUBE-");
    }

    private static Map<String, String> fromScratch(Basis applied, DispatchLimits limits, EditableSnapshot desired) {
        List<PortRules> rendered = desired.ports().stream()
                .map(port -> PortRules.render(applied.context(), port))
                .toList();
        return contents(applied.shared(), DispatchLayout.of(limits, applied.shared(), rendered), rendered);
    }

    private static Map<String, String> inMemory(Basis applied, Collection<ResolvedPort> ports) {
        List<PortRules> rendered = new ArrayList<>();
        for (ResolvedPort port : ports) {
            rendered.add(PortRules.render(applied.context(), port));
        }
        return contents(applied.shared(), applied.layout(), rendered);
    }

    private static Map<String, String> contents(SharedRules shared, DispatchLayout layout, List<PortRules> ports) {
        Map<String, String> contents = new TreeMap<>();
        shared.nat(SavedTable.empty("nat")).chains().forEach((chain, rules) -> put(contents, "nat", chain, rules));
        shared.filter(SavedTable.empty("filter"))
                .chains()
                .forEach((chain, rules) -> put(contents, "filter", chain, rules));
        ports.forEach(port -> port.chains().forEach((chain, rules) -> put(contents, "nat", chain, rules)));
        for (String table : List.of("nat", "filter")) {
            layout.chains(table).forEach((chain, content) -> {
                List<String> rules =
                        new ArrayList<>(content.anyOrder().stream().sorted().toList());
                rules.addAll(content.end());
                put(contents, table, chain, rules);
            });
        }
        return contents;
    }

    private static void put(Map<String, String> contents, String table, String chain, List<String> rules) {
        contents.put(table + " " + chain, String.join("\n", rules));
    }

    /** Every chain of ours that is there; those whose order means nothing sorted, up to their end. */
    private static Map<String, String> inKernel(Iptables tools, Map<String, String> expected) throws Exception {
        Map<String, String> contents = new TreeMap<>();
        for (String table : List.of("nat", "filter")) {
            SavedTable saved = SavedTable.parse(table, tools.save(table));
            for (String chain : saved.chains()) {
                if (!chain.startsWith("KUBE-") || chain.equals(SharedChains.FIREWALL)) {
                    continue;
                }
                List<String> rules = saved.rules(chain);
                String inOrder = String.join("\n", rules);
                boolean exact = inOrder.equals(expected.get(table + " " + chain));
                put(contents, table, chain, exact || !isDispatch(table, chain) ? rules : sorted(table, chain, rules));
            }
        }
        return contents;
    }

    private static boolean isDispatch(String table, String chain) {
        return Arrays.stream(DispatchRoot.values())
                .filter(root -> root.table().equals(table))
                .anyMatch(root -> root.chain().equals(chain) || chain.startsWith(root.branchPrefix()));
    }

    private static List<String> sorted(String table, String chain, List<String> rules) {
        boolean services = table.equals("nat") && chain.equals(SharedChains.SERVICES);
        int end = services ? rules.size() - 1 : rules.size();
        List<String> sorted =
                new ArrayList<>(rules.subList(0, end).stream().sorted().toList());
        sorted.addAll(rules.subList(end, rules.size()));
        return sorted;
    }

    private static void assertSame(String what, Map<String, String> expected, Map<String, String> actual) {
        String difference = firstDifference(expected, actual);
        assertThat(difference).as(what).isNull();
    }

    private static @Nullable String firstDifference(Map<String, String> expected, Map<String, String> actual) {
        Map<String, String> all = new TreeMap<>(expected);
        all.putAll(actual);
        for (String chain : all.keySet()) {
            String want = expected.get(chain);
            String have = actual.get(chain);
            if (want == null || !want.equals(have)) {
                return chain + "\nwanted:\n" + want + "\nfound:\n" + have;
            }
        }
        return null;
    }
}
