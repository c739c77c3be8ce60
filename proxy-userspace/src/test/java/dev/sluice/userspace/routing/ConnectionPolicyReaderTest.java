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
                        "v2",
                        ConnectionPolicyReader.SOURCE_ADDRESS,
                        "node")))
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
                        ProxyProtocol.V2,
                        true));
        assertThat(problems.toList()).isEmpty();
    }

    @Test
    void aHealthCheckHasItsDefaults() {
        assertThat(read(Map.of("sluice.dev/health-check", "tcp")).healthCheck())
                .isEqualTo(new HealthCheck(null, Duration.ofSeconds(5), Duration.ofSeconds(1), 2, 3));
        assertThat(problems.toList()).isEmpty();
    }

    @Test
    void aHealthCheckIsReadWithItsDetails() {
        assertThat(read(Map.of(
                                "sluice.dev/health-check",
                                "http:/healthz?full=1",
                                "sluice.dev/health-check-interval",
                                "2s",
                                "sluice.dev/health-check-timeout",
                                "250ms",
                                "sluice.dev/health-check-rise",
                                "1",
                                "sluice.dev/health-check-fall",
                                "5"))
                        .healthCheck())
                .isEqualTo(new HealthCheck("/healthz?full=1", Duration.ofSeconds(2), Duration.ofMillis(250), 1, 5));
        assertThat(problems.toList()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "interval, 10ms, from 1s to 1h",
        "timeout, never, from 10ms to 1m",
        "rise, 0, is not a whole number",
        "fall, 101, is more than 100",
    })
    void anInvalidDetailOfAHealthCheckIsReportedAndTheDefaultApplies(String name, String value, String why) {
        String annotation = "sluice.dev/health-check-" + name;
        assertThat(read(Map.of("sluice.dev/health-check", "tcp", annotation, value))
                        .healthCheck())
                .isEqualTo(new HealthCheck(null, Duration.ofSeconds(5), Duration.ofSeconds(1), 2, 3));
        assertThat(problems.toList())
                .singleElement()
                .satisfies(problem -> assertThat(problem.field()).isEqualTo("metadata.annotations[" + annotation + "]"))
                .satisfies(problem -> assertThat(problem.message()).contains(why, "the default applies"));
    }

    @ParameterizedTest
    @CsvSource({
        "sluice.dev/source-address, pod, the default applies",
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
        "sluice.dev/health-check, udp, endpoints are not checked",
        "sluice.dev/health-check, http:healthz, endpoints are not checked",
        "sluice.dev/health-check, 'http:/a b', endpoints are not checked",
        "sluice.dev/health-check, 'http:/a\r\nX: y', endpoints are not checked",
        "sluice.dev/health-check-interval, 5s, has no effect without sluice.dev/health-check",
        "sluice.dev/health-check-fall, 5, has no effect without sluice.dev/health-check",
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
