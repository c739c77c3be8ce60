// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.conformance.fault.SiteSetup.Inject;
import dev.sluice.conformance.scenario.ScenarioRunner;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.vm.VirtualMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Plays every fault, many beside each other, and compares what was seen with the table of {@code docs/faults.md}: the
 * same rows, reported in the same places. The times are in {@code target/faults.md}. The system property
 * {@code faults}, a regular expression, chooses among the rows.
 */
@Tag("slow")
class FaultTest {
    private static final Path FOLDER = Path.of("target", "faults").toAbsolutePath();
    private static final Pattern CHOSEN = Pattern.compile(System.getProperty("faults", ".*"));
    private static final String WITHOUT_A_ROW = "| thread | why it has no row |\n|---|---|\n";
    /** Most of the time is waiting. */
    private static final int AT_A_TIME = 10;

    /** Of every daemon whose threads are made to fail. */
    private static final Set<String> THREADS = new ConcurrentSkipListSet<>();

    @TestFactory
    Stream<DynamicTest> faults() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "real packets need root");
        List<FaultResult> results = playedAgain(play(groups(), FOLDER));
        StringBuilder table = new StringBuilder("# Faults, as measured\n\n").append(FaultResult.head());
        results.forEach(result -> table.append(result.markdown()));
        Files.writeString(Path.of("target", "faults.md"), table);
        System.out.println(table);
        return Stream.concat(
                results.stream().map(result -> DynamicTest.dynamicTest(result.fault(), () -> check(result))),
                CHOSEN.pattern().equals(".*")
                        ? Stream.of(
                                DynamicTest.dynamicTest(
                                        "every documented row is played",
                                        () -> assertThat(documentedFaults())
                                                .containsExactlyInAnyOrderElementsOf(results.stream()
                                                        .map(FaultResult::fault)
                                                        .toList())),
                                DynamicTest.dynamicTest("every thread has a row or a reason", FaultTest::checkThreads))
                        : Stream.empty());
    }

    /** The longest first. */
    static List<FaultGroup> groups() {
        return Stream.of(
                        HttpAttacks.all(),
                        LinkFaults.all(),
                        AnswerFaults.all(),
                        ThreadDeaths.all(),
                        ProcessFaults.all(),
                        TlsFaults.all(),
                        VersionFaults.all())
                .flatMap(List::stream)
                .flatMap(group -> group.only(row -> CHOSEN.matcher(row.fault()).find()))
                .toList();
    }

    /** The results, of which the failed ones, if they are few, are those of a second play with little beside it. */
    private static List<FaultResult> playedAgain(List<FaultResult> results)
            throws InterruptedException, ExecutionException {
        Map<String, FaultResult> failed = results.stream()
                .filter(Predicate.not(FaultTest::isAsDocumented))
                .collect(Collectors.toMap(FaultResult::fault, Function.identity()));
        if (failed.isEmpty() || failed.size() > Integer.getInteger(ScenarioRunner.REPLAYS, 0)) {
            return results;
        }
        failed.values().forEach(result -> System.out.println("UNSTEADY, played again: " + result));
        List<FaultGroup> groups = groups().stream()
                .flatMap(group -> group.only(row -> failed.containsKey(row.fault())))
                .toList();
        Map<String, FaultResult> second = play(groups, FOLDER.resolve("again")).stream()
                .collect(Collectors.toMap(FaultResult::fault, Function.identity()));
        return results.stream()
                .map(r -> failed.containsKey(r.fault()) ? second.getOrDefault(r.fault(), r) : r)
                .toList();
    }

    private static boolean isAsDocumented(FaultResult result) {
        try {
            check(result);
            return true;
        } catch (AssertionError | IOException e) {
            return false;
        }
    }

    private static List<FaultResult> play(List<FaultGroup> groups, Path folder)
            throws InterruptedException, ExecutionException {
        List<FaultResult> results = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(AT_A_TIME)) {
            List<Future<List<FaultResult>>> running = new ArrayList<>();
            List<FaultGroup> here = new ArrayList<>(groups);
            if (VirtualMachine.isNeeded()) {
                List<FaultGroup> inMachine =
                        groups.stream().filter(FaultMachine::isHere).toList();
                here.removeAll(inMachine);
                if (!inMachine.isEmpty()) {
                    running.add(pool.submit(() -> FaultMachine.play(inMachine, folder.resolve("vm"))));
                }
            }
            for (int i = 0; i < here.size(); i++) {
                FaultGroup group = here.get(i);
                Path own = folder.resolve(Integer.toString(i));
                running.add(pool.submit(() -> play(group, own)));
            }
            for (Future<List<FaultResult>> each : running) {
                results.addAll(each.get());
            }
        }
        return results;
    }

    static List<FaultResult> play(FaultGroup group, Path folder) {
        List<FaultResult> results = new ArrayList<>();
        try (FaultSite site = new FaultSite(folder, group.setup())) {
            for (FaultRow row : group.rows()) {
                FaultRun run = new FaultRun(site);
                String error = "";
                try {
                    site.awaitCalm();
                    row.play().run(site, run);
                } catch (AssertionError | Exception e) {
                    error = e + " (log: " + site.log() + ")";
                }
                noteThreads(site);
                FaultResult result = run.result(row.fault(), error);
                results.add(result);
                System.out.println("FAULT " + result);
            }
        } catch (RuntimeException | IOException e) {
            group.rows().stream()
                    .skip(results.size())
                    .forEach(row -> results.add(FaultResult.notPlayed(row, folder + ": " + e)));
        }
        return results;
    }

    private static void noteThreads(FaultSite site) {
        if (site.setup().inject() == Inject.THREADS) {
            try {
                THREADS.addAll(site.threadNames());
            } catch (IOException e) {
                // it does not run: the next row says so
            }
        }
    }

    private static void check(FaultResult result) throws IOException {
        assertThat(result.error()).isEmpty();
        assertThat(documented()).as("docs/faults.md").anySatisfy(row -> {
            assertThat(row.get(0)).isEqualTo(result.fault());
            assertThat(row.get(2)).isEqualTo(result.where());
        });
    }

    private static void checkThreads() throws IOException {
        THREADS.addAll(ThreadInventory.ofTheCode());
        List<String> documented = Stream.concat(
                        documentedFaults().stream().filter(fault -> fault.startsWith("thread `")),
                        documented(WITHOUT_A_ROW).stream().map(List::getFirst))
                .map(cell -> cell.replaceAll("^(thread )?`([^`]+)`.*", "$2"))
                .toList();
        assertThat(THREADS).as("seen, or in the code").contains("main", "sluice-sync", "sluice-proxy-1-1", "manifests");
        assertThat(ThreadInventory.missing(THREADS, documented))
                .as("threads that docs/faults.md has neither a row nor a reason for")
                .isEmpty();
    }

    private static List<String> documentedFaults() throws IOException {
        return documented().stream().map(row -> row.get(0)).toList();
    }

    private static List<List<String>> documented() throws IOException {
        return documented(FaultResult.head());
    }

    /** The cells of the table with this head. */
    private static List<List<String>> documented(String head) throws IOException {
        String text = Files.readString(Launcher.repository().resolve("docs/faults.md"));
        int begin = text.indexOf(head);
        assertThat(begin).as("the table's head").isNotNegative();
        return text.substring(begin + head.length())
                .lines()
                .takeWhile(line -> line.startsWith("| "))
                .map(line -> List.of(line.substring(2, line.length() - 2).split(" \\| ", -1)))
                .toList();
    }
}
