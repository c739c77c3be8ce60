// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.iptables.sync.ChainRepair.Repaired;
import dev.sluice.testkit.model.SamplePorts;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The repair of single chains that another program has changed. */
class ChainRepairTest {
    private static final Random CHANCE = new Random(5);

    private final SamplePorts ports = new SamplePorts(IpFamily.IPV4);
    private final Node node = Node.v4();

    @Test
    void findsNothingWhereNothingChanged() throws SyncException {
        fill();
        node.tools.resetCounts();

        Repaired repaired =
                node.backend().repairChains(chains("nat KUBE-SERVICES", "nat PREROUTING", "filter KUBE-FORWARD"));

        assertThat(repaired).isEqualTo(Repaired.NOTHING);
        assertThat(node.tools.restores()).isZero();
        assertThat(node.tools.saves()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-F KUBE-SERVICES",
                "-A KUBE-SERVICES -p tcp -j RETURN",
                "-A KUBE-POSTROUTING -p tcp -j RETURN",
                "-F KUBE-POSTROUTING",
                "-A KUBE-NODEPORTS -p udp -j ACCEPT",
            })
    void repairsASharedChain(String edit) throws SyncException {
        fill();
        String before = node.dump("nat");
        node.tools.byOthers("*nat\n" + edit + "\nCOMMIT\n");
        assertThat(node.dump("nat")).isNotEqualTo(before);
        String chain = edit.split(" ")[1];

        Repaired repaired = node.backend().repairChains(chains("nat " + chain, "nat DOCKER", "raw OUTPUT"));

        assertThat(repaired.chains()).containsExactly(new KernelObject("nat", chain));
        assertThat(repaired.cost().bytes()).isPositive();
        assertThat(node.dump("nat")).isEqualTo(before);
        assertThat(node.backend().repairChains(chains("nat " + chain))).isEqualTo(Repaired.NOTHING);
    }

    @Test
    void repairsTheChainsOfAPortAndItsEndpoints() throws SyncException {
        fill();
        String before = node.dump("nat");
        String svc = chainWith("KUBE-SVC-");
        String sep = chainWith("KUBE-SEP-");
        node.tools.byOthers("*nat\n-F " + svc + "\n-F " + sep + "\nCOMMIT\n");

        assertThat(node.backend()
                        .repairChains(chains("nat " + svc, "nat " + sep))
                        .chains())
                .hasSize(2);

        assertThat(node.dump("nat")).isEqualTo(before);
    }

    @Test
    void restoresJumpsAndTheLoopbackGuard() throws SyncException {
        fill();
        String nat = node.dump("nat");
        String filter = node.dump("filter");
        node.tools.byOthers("*nat\n-A PREROUTING -p tcp -j ACCEPT\nCOMMIT\n");
        String withForeign = node.dump("nat");
        String jump = node.tools.rules("nat", "PREROUTING").getFirst();
        node.tools.byOthers("*nat\n-D PREROUTING " + jump + "\nCOMMIT\n");
        for (String guard : node.tools.rules("filter", "INPUT")) {
            node.tools.byOthers("*filter\n-D INPUT " + guard + "\nCOMMIT\n");
        }

        node.backend().repairChains(chains("nat PREROUTING", "filter INPUT"));

        assertThat(node.dump("nat")).isEqualTo(withForeign).isNotEqualTo(nat);
        assertThat(node.tools.rules("filter", "INPUT")).hasSize(4);
        assertThat(node.dump("filter").lines().sorted())
                .isEqualTo(filter.lines().sorted().toList());
    }

    @Test
    void keepsNodePortsLast() throws SyncException {
        fill();
        String last = node.tools.rules("nat", "KUBE-SERVICES").getLast();
        node.tools.byOthers("*nat\n-D KUBE-SERVICES " + last + "\n-I KUBE-SERVICES " + last + "\nCOMMIT\n");

        node.backend().repairChains(chains("nat KUBE-SERVICES"));

        assertThat(node.tools.rules("nat", "KUBE-SERVICES")).endsWith(last).containsOnlyOnce(last);
    }

    @Test
    void needsAFullSyncWhenMoreIsMissingThanWasNamed() throws SyncException {
        fill();
        String before = node.dump("nat");
        node.tools.flush("nat");

        assertThatThrownBy(() -> node.backend().repairChains(chains("nat KUBE-SERVICES")))
                .isInstanceOf(SyncException.class)
                .hasMessageContaining("nat KUBE-SERVICES");

        assertThat(node.sync().full()).isTrue();
        assertThat(node.dump("nat")).isEqualTo(before);
        assertThatThrownBy(() -> Node.v4().backend().repairChains(chains("nat KUBE-SERVICES")))
                .isInstanceOf(SyncException.class);
    }

    private String chainWith(String prefix) {
        List<String> chains = node.tools.inForce("nat").chains().stream()
                .filter(chain -> chain.startsWith(prefix))
                .filter(chain -> !node.tools.rules("nat", chain).isEmpty())
                .toList();
        return chains.get(CHANCE.nextInt(chains.size()));
    }

    private void fill() throws SyncException {
        Random chance = new Random(3);
        for (int number = 0; number < 40; number++) {
            node.snapshot.put(ports.any(number, chance));
        }
        node.fullSync();
    }

    private static Set<KernelObject> chains(String... chains) {
        return Arrays.stream(chains)
                .map(chain -> chain.split(" "))
                .map(words -> new KernelObject(words[0], words[1]))
                .collect(Collectors.toSet());
    }
}
