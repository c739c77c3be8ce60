// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.balance.SlowStart;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.plan.Schedulers;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nine steps of ten seconds each. */
class SlowStartTest {
    private final TestNode node = new TestNode(IpFamily.IPV4);

    private static ResolvedPort web(String time, String scheduler, Integer... endpoints) {
        Map<String, String> annotations = new HashMap<>(Map.of(Schedulers.SCHEDULER, scheduler));
        if (!time.isEmpty()) {
            annotations.put(SlowStart.ANNOTATION, time);
        }
        List<Endpoint> list =
                Arrays.stream(endpoints).map(n -> remote("10.244.1." + n, 8080)).toList();
        return resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .annotations(annotations)
                        .build(),
                list);
    }

    private static ResolvedPort web(Integer... endpoints) {
        return web("90s", "wrr", endpoints);
    }

    /** {@code 1=10 2=3}: the last number of each address with its weight in the kernel. */
    private String weights() {
        return String.join(
                " ",
                node.ipvsadm()
                        .lines()
                        .filter(l -> l.startsWith("-a "))
                        .map(l -> l.replaceAll(".*10\\.244\\.1\\.(\\d+):8080 -m -w (\\d+)", "$1=$2"))
                        .toList());
    }

    private String after(int seconds) throws Exception {
        node.pass(Duration.ofSeconds(seconds));
        node.sync();
        return weights();
    }

    @Test
    void whoWasThereFirstHasItsWeightAtOnce() throws Exception {
        node.put(web(1, 2)).fullSync();
        assertThat(weights()).isEqualTo("1=10 2=10");
        assertThat(node.nextOwnStep()).isEmpty();
    }

    @Test
    void aNewOneRisesInNineSteps() throws Exception {
        node.put(web(1)).fullSync();
        node.put(web(1, 2)).sync();
        assertThat(weights()).isEqualTo("1=10 2=1");
        assertThat(node.nextOwnStep()).contains(Duration.ofSeconds(10));
        assertThat(after(9)).isEqualTo("1=10 2=1");
        assertThat(node.nextOwnStep()).contains(Duration.ofSeconds(1));
        node.resetCounters();
        assertThat(after(1)).isEqualTo("1=10 2=2");
        assertThat(node.ipvs.messages()).as("one SET_DEST").isEqualTo(1);
        assertThat(after(35)).isEqualTo("1=10 2=5");
        assertThat(after(44)).isEqualTo("1=10 2=9");
        assertThat(after(1)).isEqualTo("1=10 2=10");
        assertThat(node.nextOwnStep()).isEmpty();
    }

    @Test
    void eachRisesFromItsOwnBeginning() throws Exception {
        node.put(web(1)).fullSync();
        node.put(web(1, 2)).sync();
        node.pass(Duration.ofSeconds(25));
        node.put(web(1, 2, 3)).sync();
        assertThat(weights()).isEqualTo("1=10 2=3 3=1");
        assertThat(node.nextOwnStep()).contains(Duration.ofSeconds(5));
        assertThat(after(10)).isEqualTo("1=10 2=4 3=2");
        assertThat(after(1000)).isEqualTo("1=10 2=10 3=10");
    }

    @Test
    void aFullSyncGoesOnWhereItWas() throws Exception {
        node.put(web(1)).fullSync();
        node.put(web(1, 2)).sync();
        node.pass(Duration.ofSeconds(20));
        node.fullSync();
        assertThat(weights()).isEqualTo("1=10 2=3");
    }

    @Test
    void aRestartGoesOnWhereItWas() throws Exception {
        node.put(web(1)).fullSync();
        node.put(web(1, 2)).sync();
        assertThat(after(35)).isEqualTo("1=10 2=4");
        node.restart();
        node.resetCounters();
        node.put(web(1, 2, 3)).fullSync();
        assertThat(weights()).isEqualTo("1=10 2=4 3=1");
        assertThat(node.nextOwnStep()).contains(Duration.ofSeconds(10));
        assertThat(after(60)).isEqualTo("1=10 2=10 3=7");
    }

    @Test
    void takingOverEqualWeightsRaisesNobody() throws Exception {
        node.put(web("", "wrr", 1, 2)).fullSync();
        assertThat(weights()).isEqualTo("1=1 2=1");
        node.restart();
        node.put(web(1, 2)).fullSync();
        assertThat(weights()).isEqualTo("1=10 2=10");
        node.put(web("", "wrr", 1, 2)).sync();
        assertThat(weights()).isEqualTo("1=1 2=1");
    }

    @Test
    void whoComesBackWhileItDrainsRisesAgain() throws Exception {
        node.put(web(1, 2)).fullSync();
        node.put(web(1)).sync();
        assertThat(weights()).isEqualTo("1=10 2=0");
        node.put(web(1, 2)).sync();
        assertThat(weights()).isEqualTo("1=10 2=1");
    }

    @Test
    void aPortThatIsGoneIsForgotten() throws Exception {
        node.put(web(1)).fullSync();
        node.put(web(1, 2)).sync();
        node.snapshot.remove(web(1).name());
        node.sync();
        assertThat(node.nextOwnStep()).isEmpty();
        node.put(web(1, 2)).sync();
        assertThat(weights()).isEqualTo("1=10 2=10");
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "0s", "-30s", "900ms", "61m", "30", ""})
    void aBadTimeIsReported(String time) throws Exception {
        ResolvedPort port = resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .annotations(Map.of(Schedulers.SCHEDULER, "wrr", SlowStart.ANNOTATION, time))
                        .build(),
                remote("10.244.1.1", 8080));
        assertThat(node.put(port).fullSync().problems())
                .singleElement()
                .returns("metadata.annotations[sluice.dev/slow-start]", Problem::field)
                .matches(p -> p.message().contains("'" + time + "' is not a duration from 1s to 1h"));
        assertThat(weights()).isEqualTo("1=1");
    }

    @Test
    void aSchedulerWithoutSharesIsReported() throws Exception {
        assertThat(node.put(web("30s", "lc", 1)).fullSync().problems())
                .singleElement()
                .matches(p -> p.message().contains("scheduler lc does not share by weight"));
        assertThat(weights()).isEqualTo("1=1");
    }
}
