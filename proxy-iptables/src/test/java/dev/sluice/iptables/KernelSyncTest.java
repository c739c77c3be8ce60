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
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.ForwardingIptables;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.sysctl.ProcSysctl;
import dev.sluice.testkit.model.EditableSnapshot;
import dev.sluice.testkit.model.SamplePorts;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The real tools and the real kernel, in a namespace of their own. */
@Tag("slow")
class KernelSyncTest {
    private static final String OTHERS = """
        *nat
        :DOCKER - [0:0]
        -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        -A DOCKER -i docker0 -j RETURN
        COMMIT
        *filter
        :DOCKER-USER - [0:0]
        -A FORWARD -j DOCKER-USER
        -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
        COMMIT
        """;

    static Stream<Arguments> kernels() {
        return Stream.of(Variant.values())
                .flatMap(variant -> Stream.of(IpFamily.values()).map(family -> Arguments.of(variant, family)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("kernels")
    void adoptsFollowsAndLeavesNothing(Variant variant, IpFamily family) throws Exception {
        inNamespace(variant, family, bench -> {
            bench.tools.restore(OTHERS);
            String before = bench.dump();

            bench.fill();
            assertThat(bench.sync(Changes.all()).problems()).isEmpty();
            assertThat(bench.dump()).contains("KUBE-SVC-", "KUBE-SVL-", "KUBE-FW-", "--add-set", "REJECT");
            if (bench.kernel.counters().supported()) {
                assertThat(bench.dump()).contains("-m nfacct");
            }
            bench.assertNothingDiffers();

            bench.churn();
            SyncReport partial = bench.sync(bench.desired.changes());
            assertThat(partial.full()).isFalse();
            bench.assertNothingDiffers();

            bench.newBackend().cleanUp();
            assertThat(bench.dump()).isEqualTo(before);
            try (NetlinkIpSets sets = NetlinkIpSets.open()) {
                assertThat(sets.names()).isEmpty();
            }
        });
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("kernels")
    void leavesOutWhatTheToolRefuses(Variant variant, IpFamily family) throws Exception {
        inNamespace(variant, family, bench -> {
            bench.fill();
            bench.spoil("--dport 6543 ", "--dport 70000 ");
            bench.desired.put(bench.ports.withPort(6_543));

            assertOnlyThatIsLeftOut(bench);
        });
    }

    /** The nft variant names the line then, the legacy one says only that it was one of the table's. */
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("kernels")
    void leavesOutWhatTheKernelRefuses(Variant variant, IpFamily family) throws Exception {
        inNamespace(variant, family, bench -> {
            bench.fill();
            ResolvedPort port = bench.ports.withPort(80);
            String dnat =
                    "DNAT --to-destination " + port.endpoints().all().getFirst().socketAddress();
            bench.spoil(dnat, "TPROXY --on-port 1"); // no target for the nat table
            bench.desired.put(port);

            assertOnlyThatIsLeftOut(bench);
        });
    }

    private static void assertOnlyThatIsLeftOut(Bench bench) throws Exception {
        assertThat(bench.sync(Changes.all()).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.object()).hasToString("Service shop/odd"));
        assertThat(bench.dump()).contains("shop/s1").doesNotContain("shop/odd");
        bench.desired.changes();
        bench.desired.remove(bench.ports.withPort(80).name());
        assertThat(bench.sync(bench.desired.changes()).problems()).isEmpty();
        bench.assertNothingDiffers();
    }

    private static void inNamespace(Variant variant, IpFamily family, Body body) throws Exception {
        KernelTools.inNamespace(variant, family, kernel -> body.run(new Bench(kernel)));
    }

    /** What a test does inside. */
    private interface Body {
        void run(Bench bench) throws Exception;
    }

    /** A backend over the real tools with some forty ports. */
    private static final class Bench {
        private final KernelTools kernel;
        private final Iptables tools;
        private final SamplePorts ports;
        private final EditableSnapshot desired;
        private final Random chance = new Random(7);
        private IptablesBackend backend;

        Bench(KernelTools kernel) {
            this.kernel = kernel;
            tools = kernel.tools();
            ports = new SamplePorts(tools.family());
            desired = new EditableSnapshot(tools.family());
            backend = newBackend();
        }

        /** Passes {@code bad} to the tools wherever the backend writes {@code good}. */
        void spoil(String good, String bad) {
            backend = newBackend(new Spoiled(tools, good, bad));
        }

        IptablesBackend newBackend() {
            return newBackend(tools);
        }

        private IptablesBackend newBackend(Iptables through) {
            return new IptablesBackend(
                    kernel.config(),
                    through,
                    new ProcSysctl(),
                    kernel.links(),
                    kernel.counters(),
                    new HostSets(NetlinkIpSets::open));
        }

        void fill() {
            for (int number = 0; number < 40; number++) {
                desired.put(ports.any(number, chance));
            }
        }

        void churn() {
            desired.changes();
            for (int number = 0; number < 50; number += 1 + chance.nextInt(3)) {
                desired.put(ports.any(number, chance));
            }
            desired.remove(ports.any(3, chance).name())
                    .remove(ports.any(4, chance).name());
        }

        SyncReport sync(Changes changes) throws Exception {
            return backend.sync(desired, changes);
        }

        /** The rules in force are exactly those that a proxy that starts now would write. */
        void assertNothingDiffers() throws Exception {
            assertThat(newBackend().sync(desired, Changes.all()).cost()).isEqualTo(KernelCost.NONE);
        }

        String dump() throws Exception {
            StringBuilder text = new StringBuilder();
            for (String table : List.of("nat", "filter")) {
                text.append(tools.save(table)
                        .lines()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> line.replaceFirst("\\[[0-9]+:[0-9]+]", "[0:0]"))
                        .collect(Collectors.joining("\n", "", "\n")));
            }
            return text.toString();
        }
    }

    /** The real tools, with one text replaced by another on the way. */
    private record Spoiled(Iptables tools, String good, String bad) implements ForwardingIptables {
        @Override
        public void restore(String input) throws RestoreException {
            tools.restore(input.replace(good, bad));
        }
    }
}
