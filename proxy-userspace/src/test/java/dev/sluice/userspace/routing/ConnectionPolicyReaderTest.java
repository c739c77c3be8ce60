// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServiceName;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectionPolicyReaderTest {
    private final ProblemList problems = new ProblemList(ObjectRef.service(new ServiceName("shop", "web")));

    private ConnectionPolicy read(Map<String, String> annotations) {
        return new ConnectionPolicyReader(Scheduler.LC)
                .read(
                        ServicePorts.tcp("shop/web", "10.96.0.1", 80)
                                .annotations(annotations)
                                .build(),
                        problems);
    }

    @Test
    void withoutAnnotationsTheDefaultsApply() {
        assertThat(read(Map.of())).isEqualTo(ConnectionPolicy.of(Scheduler.LC));
        assertThat(problems.toList()).isEmpty();
    }

    @Test
    void everyAnnotationIsRead() {
        assertThat(read(Map.of(
                        ConnectionPolicyReader.SCHEDULER,
                        "p2c",
                        "sluice.dev/slow-start",
                        "30s",
                        ConnectionPolicyReader.CONNECT_TIMEOUT,
                        "1500ms",
                        ConnectionPolicyReader.IDLE_TIMEOUT,
                        "10m",
                        ConnectionPolicyReader.MAX_AGE,
                        "1h",
                        ConnectionPolicyReader.MAX_CONNECTIONS,
                        "200",
                        ConnectionPolicyReader.PROXY_PROTOCOL,
                        "v2")))
                .isEqualTo(new ConnectionPolicy(
                        Scheduler.P2C,
                        Duration.ofSeconds(30),
                        List.of(
                                Duration.ofMillis(100),
                                Duration.ofMillis(200),
                                Duration.ofMillis(400),
                                Duration.ofMillis(800)),
                        Duration.ofMinutes(10),
                        Duration.ofHours(1),
                        200,
                        ProxyProtocol.V2));
        assertThat(problems.toList()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "sluice.dev/scheduler, mh, lc is in force",
        "sluice.dev/scheduler, '', lc is in force",
        "sluice.dev/scheduler, RR, lc is in force",
        "sluice.dev/slow-start, 30, at once",
        "sluice.dev/slow-start, 30s, does not share by weight",
        "sluice.dev/connect-timeout, 1ms, the default applies",
        "sluice.dev/connect-timeout, 3m, the default applies",
        "sluice.dev/idle-timeout, never, idle connections stay open",
        "sluice.dev/idle-timeout, 500ms, idle connections stay open",
        "sluice.dev/max-connection-age, -1h, the age of connections has no limit",
        "sluice.dev/max-connections, 0, no limit",
        "sluice.dev/max-connections, ten, no limit",
        "sluice.dev/max-connections, 99999999999, no limit",
        "sluice.dev/max-connections, -5, no limit",
        "sluice.dev/proxy-protocol, v3, the protocol is not used",
        "sluice.dev/proxy-protocol, true, the protocol is not used",
    })
    void anInvalidValueIsReportedAndTheDefaultApplies(String annotation, String value, String otherwise) {
        assertThat(read(Map.of(annotation, value))).isEqualTo(ConnectionPolicy.of(Scheduler.LC));
        assertThat(problems.toList()).hasSize(1);
        Problem problem = problems.toList().getFirst();
        assertThat(problem.severity()).isEqualTo(Problem.Severity.IGNORED);
        assertThat(problem.field()).isEqualTo("metadata.annotations[" + annotation + "]");
        assertThat(problem.message()).contains(otherwise);
    }
}
