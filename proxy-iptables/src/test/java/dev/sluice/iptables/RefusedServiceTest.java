// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.iptables.ForwardingIptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.model.SamplePorts;
import dev.sluice.testkit.model.ServicePorts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A port whose rules the tool or the kernel refuses. */
class RefusedServiceTest {
    private static final ResolvedPort GOOD =
            resolved(ServicePorts.tcp("shop/good", "10.96.0.1", 80).build(), remote("10.244.2.7", 8080));
    private static final ResolvedPort BAD =
            resolved(ServicePorts.sctp("shop/bad:http", "10.96.0.2", 80).build(), remote("10.244.2.8", 8080));
    private static final ResolvedPort BAD_WITHOUT_ENDPOINTS =
            resolved(ServicePorts.sctp("shop/bad:http", "10.96.0.2", 80).build());

    /** How the refusal is worded. */
    enum Wording {
        /** The line with the bad rule. */
        EXACT,
        /** The last line, as legacy iptables does when the kernel refuses. */
        COMMIT
    }

    private final Node node = Node.v4();
    private final SamplePorts ports = new SamplePorts(IpFamily.IPV4);

    @BeforeEach
    void addValidServices() {
        node.snapshot.put(GOOD);
        for (int number = 10; number < 30; number++) {
            node.snapshot.put(ports.plain(number, 2));
        }
    }

    @ParameterizedTest
    @EnumSource
    void isLeftOutOfAFullSync(Wording wording) throws SyncException {
        node.snapshot.put(BAD);
        node.restart(new WithoutSctp(node.tools, wording));

        SyncReport report = node.fullSync();

        assertLeftOut(report);
    }

    @ParameterizedTest
    @EnumSource
    void isLeftOutWithoutEndpoints(Wording wording) throws SyncException {
        node.snapshot.put(BAD_WITHOUT_ENDPOINTS);
        node.restart(new WithoutSctp(node.tools, wording));

        assertLeftOut(node.fullSync());
    }

    @ParameterizedTest
    @EnumSource
    void isLeftOutWhenAddedLater(Wording wording) throws SyncException {
        node.restart(new WithoutSctp(node.tools, wording));
        node.fullSync();
        node.snapshot.put(BAD);

        assertLeftOut(node.sync());
        node.snapshot.put(ports.plain(10, 3));
        assertLeftOut(node.sync());
    }

    @ParameterizedTest
    @EnumSource
    void isAppliedOnceItIsValid(Wording wording) throws SyncException {
        node.snapshot.put(BAD);
        node.restart(new WithoutSctp(node.tools, wording));
        node.fullSync();
        node.restart(node.tools);

        assertThat(node.fullSync().problems()).isEmpty();
        assertThat(node.dump("nat")).contains("10.96.0.2/32");
    }

    @ParameterizedTest
    @EnumSource
    void isForgottenWhenRemoved(Wording wording) throws SyncException {
        node.snapshot.put(BAD);
        node.restart(new WithoutSctp(node.tools, wording));
        node.fullSync();
        node.snapshot.remove(BAD.name());

        SyncReport report = node.sync();

        assertThat(report.problems()).isEmpty();
        assertThat(report.full()).isFalse();
    }

    private void assertLeftOut(SyncReport report) throws SyncException {
        assertThat(report.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.severity()).isEqualTo(Problem.Severity.SKIPPED);
            assertThat(problem.object()).hasToString("Service shop/bad");
            assertThat(problem.message()).contains("sctp").doesNotContain("\n");
        });
        assertThat(node.dump("nat")).contains("10.96.0.1/32").doesNotContain("sctp");
        assertThat(node.dump("filter")).doesNotContain("sctp");
        Node without = Node.v4();
        node.snapshot.ports().stream()
                .filter(port -> !port.name().equals(BAD.name()))
                .forEach(without.snapshot::put);
        assertThat(without.fullSync().cost()).isNotEqualTo(KernelCost.NONE);
        assertThat(node.dump("nat")).isEqualTo(without.dump("nat"));
        assertThat(node.dump("filter")).isEqualTo(without.dump("filter"));
        assertThat(report.applied()).isEqualTo(without.fullSync().applied());
    }

    /** A kernel without xt_sctp. */
    private record WithoutSctp(FakeIptables tools, Wording wording) implements ForwardingIptables {
        @Override
        public void restore(String input) throws RestoreException {
            int number = 0;
            String refused = "";
            for (String line : input.lines().toList()) {
                number++;
                if (refused.isEmpty() && line.contains("-p sctp") && !line.startsWith("-D")) {
                    refused = line;
                    if (wording == Wording.EXACT) {
                        break;
                    }
                }
                if (!refused.isEmpty() && line.equals("COMMIT")) {
                    break;
                }
            }
            if (!refused.isEmpty()) {
                String shown = wording == Wording.EXACT ? refused : "COMMIT";
                throw new RestoreException("line " + number + ": no match sctp\n> " + shown, number, shown);
            }
            tools.restore(input);
        }
    }
}
