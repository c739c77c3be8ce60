// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.ipvs.TestNode;
import dev.sluice.linux.Errno;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditVirtualServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.testkit.model.ServicePorts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Services request by annotation, under {@code --ipvs-scheduler=lc}. */
class SchedulersTest {
    private static final VirtualServerKey PROBE =
            new VirtualServerKey(Protocol.TCP, IpAddress.of("198.51.100.0"), 20_000);

    private final TestNode node = TestNode.withScheduler("lc");

    /** Either may be {@code -}: not annotated. */
    private static Map<String, String> annotations(String scheduler, String flags) {
        return scheduler.equals("-")
                ? flags.equals("-") ? Map.of() : Map.of(Schedulers.FLAGS, flags)
                : flags.equals("-")
                        ? Map.of(Schedulers.SCHEDULER, scheduler)
                        : Map.of(Schedulers.SCHEDULER, scheduler, Schedulers.FLAGS, flags);
    }

    /** With one endpoint for each weight: 10.244.1.1, 10.244.1.2 and so on. */
    private static ResolvedPort web(Map<String, String> annotations, int... weights) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int weight : weights) {
            Endpoint e = remote("10.244.1." + (endpoints.size() + 1), 8080);
            endpoints.add(new Endpoint(
                    e.address(), e.port(), false, true, true, false, e.zoneHints(), e.nodeHints(), weight));
        }
        return resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .annotations(annotations)
                        .build(),
                endpoints);
    }

    @ParameterizedTest
    @CsvSource({
        "-, -, lc",
        "rr, -, rr",
        "wrr, -, wrr",
        "wlc, -, wlc",
        "lblc, -, lblc",
        "lblcr, -, lblcr",
        "dh, -, dh",
        "sed, -, sed",
        "nq, -, nq",
        "fo, -, fo",
        "ovf, -, ovf",
        "twos, -, twos",
        "sh, -, sh -b sh-fallback",
        "sh, '', sh",
        "sh, sh-port, sh -b sh-port",
        "sh, 'sh-port , sh-fallback', 'sh -b sh-fallback,sh-port'",
        "mh, -, 'mh -b mh-fallback,mh-port'",
        "mh, mh-fallback, mh -b mh-fallback",
    })
    void whatIsAskedForIsInForce(String scheduler, String flags, String text) throws Exception {
        SyncReport report = node.put(web(annotations(scheduler, flags))).fullSync();
        assertThat(node.ipvsadm()).isEqualTo("-A -t 10.96.0.50:80 -s " + text + "\n");
        assertThat(report.problems()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fastest | - | lc | ipvs-scheduler | 'fastest' is no scheduler",
                "a-name-of-16-chr | - | lc | ipvs-scheduler | is no scheduler",
                "ftp | - | lc | ipvs-scheduler | 'ftp' is no scheduler",
                "sh | mh-port | sh -b sh-fallback | ipvs-scheduler-flags | 'mh-port' is no flag of scheduler sh",
                "sh | sh-port,sh-fallbak | sh -b sh-fallback | ipvs-scheduler-flags | 'sh-fallbak' is no flag",
                "- | sh-port | lc | ipvs-scheduler-flags | 'sh-port' is no flag of scheduler lc",
                "s | s-port | lc | ipvs-scheduler | 's' is no scheduler",
            })
    void whatCannotBeIsReportedAndTheUsualIsInForce(
            String scheduler, String flags, String text, String field, String message) throws Exception {
        SyncReport report = node.put(web(annotations(scheduler, flags))).fullSync();
        assertThat(node.ipvsadm()).isEqualTo("-A -t 10.96.0.50:80 -s " + text + "\n");
        assertThat(report.problems().getFirst())
                .returns(ObjectRef.service(new ServiceName("shop", "web")), Problem::object)
                .returns("metadata.annotations[sluice.dev/" + field + "]", Problem::field)
                .returns(Problem.Severity.IGNORED, Problem::severity)
                .matches(p -> p.message().contains(message));
        assertThat(node.put(web(Map.of())).sync().problems()).isEmpty();
    }

    @Test
    void anotherSchedulerIsSetAndNothingElseTouched() throws Exception {
        node.put(web(Map.of(), 1, 1)).fullSync();
        node.resetCounters();
        node.put(web(annotations("rr", "-"), 1, 1)).sync();
        assertThat(node.ipvs.log()).last().isInstanceOf(EditVirtualServer.class);
        assertThat(node.ipvs.log().stream()
                        .filter(c -> !c.virtualServer().address().equals(PROBE.address())))
                .hasSize(1);
    }

    @Test
    void aMissingModuleIsAskedForOnceAndAgainAtTheNextFullSync() throws Exception {
        node.ipvs.refuse(command ->
                command instanceof AddVirtualServer c && c.server().scheduler().equals("twos") ? Errno.ENOENT : 0);
        node.put(web(annotations("twos", "-"), 1));
        assertThat(node.fullSync().problems())
                .singleElement()
                .matches(p ->
                        p.message().contains("module ip_vs_twos") && p.message().contains("lc is in force"));
        node.resetCounters();
        assertThat(node.put(web(annotations("twos", "-"), 1, 1)).sync().problems())
                .hasSize(1);
        assertThat(node.ipvs.messages()).as("one destination, no probe").isEqualTo(1);

        node.ipvs.refuse(command -> 0);
        assertThat(node.fullSync().problems()).isEmpty();
        assertThat(node.ipvsadm()).contains("-s twos");
    }

    @Test
    void theProbeLeavesAServerOfOthersAtItsAddressAlone() throws Exception {
        node.ipvs.apply(List.of(new AddVirtualServer(new VirtualServer(PROBE, "rr", 0, 0))));
        node.put(web(annotations("wrr", "-"))).fullSync();
        assertThat(node.ipvsadm())
                .contains("-A -t 198.51.100.0:20000 -s rr", "-s wrr")
                .doesNotContain(":20001");
        assertThat(node.ipvs.log()).doesNotContain(new DeleteVirtualServer(PROBE));
    }

    @Test
    void weightsAreTheKernelsAndZeroTakesNoPart() throws Exception {
        node.put(web(annotations("wlc", "-"), 1, 65_535, 0)).fullSync();
        assertThat(node.ipvsadm()).isEqualTo("""
            -A -t 10.96.0.50:80 -s wlc
            -a -t 10.96.0.50:80 -r 10.244.1.1:8080 -m -w 1
            -a -t 10.96.0.50:80 -r 10.244.1.2:8080 -m -w 65535
            """);
        node.put(web(annotations("wlc", "-"), 0, 65_535, 3)).sync();
        assertThat(node.ipvsadm())
                .contains("10.244.1.1:8080 -m -w 0", "10.244.1.2:8080 -m -w 65535", "10.244.1.3:8080 -m -w 3");
    }

    @Test
    void shGetsTheSmallestNumbersOfThatRatioAndSumsBeyondItsTableAreReported() throws Exception {
        assertThat(node.put(web(annotations("sh", "-"), 200, 400)).fullSync().problems())
                .isEmpty();
        assertThat(node.ipvsadm()).contains("10.244.1.1:8080 -m -w 1", "10.244.1.2:8080 -m -w 2");
        assertThat(node.put(web(annotations("sh", "-"), 100, 301)).sync().problems())
                .singleElement()
                .matches(p -> p.field().equals("metadata.annotations[sluice.dev/weight]")
                        && p.message().contains("add up to 401"));
    }

    @ParameterizedTest
    @CsvSource({"rr, 0.5 0.5", "dh, 0.5 0.5", "wrr, 0.25 0.75", "sed, 0.25 0.75", "fo, 0.0 1.0"})
    void explainTellsTheShares(String scheduler, String shares) throws Exception {
        node.put(web(annotations(scheduler, "-"), 1, 3)).fullSync();
        Trace trace = node.backend()
                .explain(new Packet(
                        Protocol.TCP,
                        IpAddress.of("10.244.1.9"),
                        40_000,
                        IpAddress.of("10.96.0.50"),
                        80,
                        Origin.ARRIVING,
                        "eth0"));
        List<String> found = trace.candidates().stream()
                .map(c -> Double.toString(c.probability()))
                .toList();
        assertThat(String.join(" ", found)).isEqualTo(shares);
    }

    @Test
    void theSchedulersThatTakeAWeightAreKnown() {
        assertThat(Schedulers.OF_THE_KERNEL.stream()
                        .filter(s -> Schedulers.Choice.of(s).weighted()))
                .isSubsetOf(Set.copyOf(Schedulers.OF_THE_KERNEL))
                .doesNotContain("rr", "lc", "dh", "sh", "fo", "ovf")
                .hasSize(8);
    }
}
