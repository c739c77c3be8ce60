// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.testkit.model.ServicePorts;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The kernel refuses a command in the middle of a batch: it is reported with its Service, the rest is in force, and the
 * next sync repairs it.
 */
class BatchErrorsTest {
    private static final IpAddress BAD = IpAddress.of("10.96.0.2");
    private final TestNode node = new TestNode(IpFamily.IPV4);

    private static ResolvedPort port(String name, String address, String... endpoints) {
        return resolved(
                ServicePorts.tcp(name, address, 80).build(),
                Stream.of(endpoints).map(e -> remote(e, 8080)).toList());
    }

    @BeforeEach
    void threeServices() throws Exception {
        node.put(port("a/first", "10.96.0.1", "10.244.1.1"))
                .put(port("a/second", "10.96.0.2", "10.244.1.2"))
                .put(port("a/third", "10.96.0.3", "10.244.1.3"))
                .fullSync();
    }

    @ParameterizedTest(name = "{0} to a destination")
    @CsvSource({"EEXIST, 17", "ESRCH, 3", "ENOENT, 2", "ENOSPC, 28", "ENOMEM, 12", "EINVAL, 22"})
    void aRefusedDestination(String name, int errno) throws Exception {
        node.ipvs.refuse(c -> isNewDestination(c) ? errno : 0);
        SyncReport report = node.put(port("a/first", "10.96.0.1", "10.244.1.1", "10.244.1.11"))
                .put(port("a/second", "10.96.0.2", "10.244.1.2", "10.244.1.12"))
                .put(port("a/third", "10.96.0.3", "10.244.1.3", "10.244.1.13"))
                .sync();

        expectNamed(report, name, "NEW_DEST 10.96.0.2:80/TCP -> 10.244.1.12:8080");
        assertThat(node.ipvsadm())
                .contains("10.244.1.11:8080", "10.244.1.13:8080", "10.244.1.2:8080")
                .doesNotContain("10.244.1.12:8080");
        expectRepaired("-a -t 10.96.0.2:80 -r 10.244.1.12:8080");
    }

    private static boolean isNewDestination(IpvsCommand command) {
        return command instanceof IpvsCommand.AddRealServer
                && command.virtualServer().address().equals(BAD);
    }

    @ParameterizedTest(name = "{0} to a virtual server")
    @CsvSource({"EEXIST, 17", "ESRCH, 3", "ENOENT, 2", "ENOSPC, 28", "ENOMEM, 12", "EINVAL, 22"})
    void aRefusedVirtualServer(String name, int errno) throws Exception {
        IpAddress bad = IpAddress.of("10.96.0.5");
        node.ipvs.refuse(c -> c instanceof IpvsCommand.AddVirtualServer
                        && c.virtualServer().address().equals(bad)
                ? errno
                : 0);
        SyncReport report = node.put(port("a/fourth", "10.96.0.4", "10.244.1.4"))
                .put(port("a/second", "10.96.0.5", "10.244.1.5"))
                .put(port("a/sixth", "10.96.0.6", "10.244.1.6"))
                .sync();

        expectNamed(report, name, "NEW_SERVICE 10.96.0.5:80/TCP");
        assertThat(node.ipvsadm()).contains("10.244.1.4:8080", "10.244.1.6:8080", "10.96.0.1:80");
        assertThat(node.addresses())
                .as("what is not whole is not bound")
                .contains("10.96.0.4/32", "10.96.0.6/32")
                .doesNotContain("10.96.0.5/32");
        expectRepaired("-a -t 10.96.0.5:80 -r 10.244.1.5:8080");
        assertThat(node.addresses()).contains("10.96.0.5/32");
    }

    private static void expectNamed(SyncReport report, String error, String command) {
        assertThat(report.problems())
                .singleElement()
                .returns(ObjectRef.service(new ServiceName("a", "second")), Problem::object)
                .satisfies(p -> assertThat(p.message()).contains(error, command));
    }

    private void expectRepaired(String line) throws Exception {
        node.ipvs.refuse(c -> 0);
        assertThat(node.sync().problems()).isEmpty();
        assertThat(node.ipvsadm()).contains(line);
        node.resetCounters();
        assertThat(node.sync().problems()).isEmpty();
        assertThat(node.ipvs.messages()).as("nothing is left to do").isZero();
    }
}
