// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.conformance.catalogue.Catalogue;
import dev.sluice.conformance.matrix.Matrix;
import dev.sluice.conformance.matrix.MatrixReport;
import dev.sluice.conformance.scenario.ConformanceTable;
import dev.sluice.conformance.scenario.Flavour;
import dev.sluice.conformance.scenario.Result;
import dev.sluice.conformance.scenario.Result.Status;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ScenarioRunner;
import dev.sluice.conformance.scenario.Timing;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.NativeSocket;
import dev.sluice.testkit.vm.VirtualMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;

/** Runs the catalogue and reports every behaviour in every flavour and family as its own test. */
@TestMethodOrder(OrderAnnotation.class)
@Tag("slow")
class ConformanceTest {
    private static final Path FOLDER = Path.of("target", "conformance").toAbsolutePath();
    /** Far more than the slowest machine needs: each scenario has its own deadlines. */
    private static final Duration VM_LIMIT = Duration.ofHours(2);

    private static final List<Scenario> ALL = Catalogue.all();
    private static final List<Scenario> THROUGH_API = ApiScenarios.of(ALL);
    private static final Set<Flavour> THROUGH_API_IN = EnumSet.of(Flavour.IPTABLES, Flavour.USERSPACE);
    private static final Queue<Result> RESULTS = new ConcurrentLinkedQueue<>();
    private static @Nullable Future<List<Result>> machine;
    private static @Nullable Future<Queue<Result>> nftables;

    @AfterAll
    static void printTable() throws IOException {
        List<Scenario> order = new ArrayList<>(ALL);
        order.addAll(THROUGH_API);
        ConformanceTable table = new ConformanceTable(order, RESULTS);
        Files.writeString(Path.of("target", "conformance.md"), table.markdown());
        System.out.println(table.markdown());
        MatrixReport matrix = new MatrixReport(Matrix.load(), RESULTS);
        Files.writeString(Path.of("target", "matrix.md"), matrix.markdown());
        System.out.println(
                "kube-proxy's behaviours (all of them in proxy-conformance/target/matrix.md):\n" + matrix.summary());
    }

    /** The virtual machine runs beside the scenarios that need none. */
    @BeforeAll
    static void begin() {
        assumeTrue("root".equals(System.getProperty("user.name")), "real packets need root");
        if (VirtualMachine.isNeeded()) {
            FutureTask<List<Result>> run = new FutureTask<>(ConformanceTest::inTheMachine);
            Thread.ofPlatform().name("virtual-machine").daemon().start(run);
            machine = run;
        }
    }

    private static List<Result> inTheMachine() throws IOException {
        EnumSet<Flavour> flavours = EnumSet.of(Flavour.IPVS);
        if (!NativeSocket.kernelHasSctp()) {
            flavours.add(Flavour.IPTABLES);
            flavours.add(Flavour.IPTABLES_LEGACY);
            flavours.add(Flavour.NFTABLES);
        }
        return Conformance.runInVirtualMachine(flavours, FOLDER.resolve("vm"), VM_LIMIT, System.out::println);
    }

    @TestFactory
    @Order(1)
    Stream<DynamicTest> iptables() throws IOException {
        return onThisKernel(Flavour.IPTABLES);
    }

    @TestFactory
    @Order(2)
    Stream<DynamicTest> iptablesLegacy() throws IOException {
        return onThisKernel(Flavour.IPTABLES_LEGACY);
    }

    /** Most of a run is waiting, so that two modes share the processors. */
    @TestFactory
    @Order(3)
    Stream<DynamicTest> userspace() throws IOException {
        FutureTask<Queue<Result>> beside = new FutureTask<>(() -> run(Flavour.NFTABLES));
        Thread.ofPlatform().name("nftables").daemon().start(beside);
        nftables = beside;
        return onThisKernel(Flavour.USERSPACE);
    }

    @TestFactory
    @Order(4)
    Stream<DynamicTest> nftables() throws IOException, InterruptedException, ExecutionException {
        Queue<Result> results = nftables == null ? run(Flavour.NFTABLES) : nftables.get();
        return tests(Conformance.possibleHere(ALL), Flavour.NFTABLES, results);
    }

    @TestFactory
    @Order(5)
    Stream<DynamicTest> throughAnApiServer() {
        Queue<Result> results = new ConcurrentLinkedQueue<>();
        new ScenarioRunner(Timing.HOST, FOLDER.resolve("api"), results::add, MockApiServer::open)
                .run(THROUGH_API, THROUGH_API_IN, EnumSet.allOf(IpFamily.class));
        return THROUGH_API_IN.stream().flatMap(flavour -> tests(THROUGH_API, flavour, results));
    }

    @TestFactory
    @Order(6)
    Stream<DynamicTest> ipvs() throws IOException, InterruptedException, ExecutionException {
        if (machine == null) {
            return onThisKernel(Flavour.IPVS);
        }
        List<Scenario> sctp = NativeSocket.kernelHasSctp() ? List.of() : Conformance.needingSctp(ALL);
        List<Result> results = machine.get();
        return Stream.of(
                        tests(ALL, Flavour.IPVS, results),
                        tests(sctp, Flavour.IPTABLES, results),
                        tests(sctp, Flavour.IPTABLES_LEGACY, results),
                        tests(sctp, Flavour.NFTABLES, results))
                .flatMap(t -> t);
    }

    private static Stream<DynamicTest> onThisKernel(Flavour flavour) throws IOException {
        return tests(Conformance.possibleHere(ALL), flavour, run(flavour));
    }

    private static Queue<Result> run(Flavour flavour) throws IOException {
        return Conformance.run(
                Conformance.possibleHere(ALL),
                EnumSet.of(flavour),
                FOLDER.resolve(flavour.label()),
                Timing.HOST,
                System.out);
    }

    /** One test for each behaviour and family that applies to {@code flavour}; a missing result fails. */
    private static Stream<DynamicTest> tests(List<Scenario> scenarios, Flavour flavour, Collection<Result> all) {
        List<Result> results = all.stream().filter(r -> r.flavour() == flavour).toList();
        RESULTS.addAll(results);
        Map<String, Result> found =
                results.stream().collect(Collectors.toMap(r -> r.id() + r.family(), r -> r, (first, second) -> second));
        return scenarios.stream()
                .filter(s -> s.modes().contains(flavour.mode()))
                .flatMap(s -> s.families().stream()
                        .sorted(Comparator.naturalOrder())
                        .map(family -> DynamicTest.dynamicTest(
                                s.id() + " " + flavour.label() + " " + family + ": " + s.behaviour(),
                                () -> check(found.get(s.id() + family)))));
    }

    private static void check(@Nullable Result result) {
        if (result == null) {
            throw new AssertionError("the run gave no result for this behaviour");
        }
        assumeTrue(result.status() != Status.SKIP, result.detail());
        assertThat(result.status())
                .as("%s %s %s: %s", result.id(), result.flavour(), result.family(), result.detail())
                .isIn(Status.PASS, Status.UNSTEADY);
    }
}
