// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.regex.Pattern;
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
    /** Most of the time is waiting. */
    private static final int AT_A_TIME = 10;

    @TestFactory
    Stream<DynamicTest> faults() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "real packets need root");
        List<FaultResult> results = play(groups());
        StringBuilder table = new StringBuilder("# Faults, as measured\n\n").append(FaultResult.head());
        results.forEach(result -> table.append(result.markdown()));
        Files.writeString(Path.of("target", "faults.md"), table);
        System.out.println(table);
        return Stream.concat(
                results.stream().map(result -> DynamicTest.dynamicTest(result.fault(), () -> check(result))),
                CHOSEN.pattern().equals(".*")
                        ? Stream.of(DynamicTest.dynamicTest(
                                "every documented row is played",
                                () -> assertThat(documentedFaults())
                                        .containsExactlyInAnyOrderElementsOf(results.stream()
                                                .map(FaultResult::fault)
                                                .toList())))
                        : Stream.empty());
    }

    /** The longest first. */
    private static List<FaultGroup> groups() {
        return Stream.of(
                        LinkFaults.all(),
                        AnswerFaults.all(),
                        ThreadDeaths.all(),
                        ProcessFaults.all(),
                        TlsFaults.all(),
                        VersionFaults.all())
                .flatMap(List::stream)
                .map(group -> new FaultGroup(
                        group.setup(),
                        group.rows().stream()
                                .filter(row -> CHOSEN.matcher(row.fault()).find())
                                .toList()))
                .filter(Predicate.not(group -> group.rows().isEmpty()))
                .toList();
    }

    private static List<FaultResult> play(List<FaultGroup> groups) throws InterruptedException, ExecutionException {
        List<FaultResult> results = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(AT_A_TIME)) {
            List<Future<List<FaultResult>>> running = new ArrayList<>();
            for (int i = 0; i < groups.size(); i++) {
                FaultGroup group = groups.get(i);
                Path folder = FOLDER.resolve(Integer.toString(i));
                running.add(pool.submit(() -> play(group, folder)));
            }
            for (Future<List<FaultResult>> each : running) {
                results.addAll(each.get());
            }
        }
        return results;
    }

    private static List<FaultResult> play(FaultGroup group, Path folder) {
        List<FaultResult> results = new ArrayList<>();
        try (FaultSite site = new FaultSite(folder, group.setup())) {
            for (FaultRow row : group.rows()) {
                FaultRun run = new FaultRun(site);
                String error = "";
                try {
                    row.play().run(site, run);
                } catch (AssertionError | Exception e) {
                    error = e + " (log: " + site.log() + ")";
                }
                FaultResult result = run.result(row.fault(), error);
                results.add(result);
                System.out.println("FAULT " + result);
            }
        } catch (RuntimeException | IOException e) {
            group.rows().stream()
                    .skip(results.size())
                    .forEach(row -> results.add(new FaultResult(row.fault(), "", "", "", "", 0, folder + ": " + e)));
        }
        return results;
    }

    private static void check(FaultResult result) throws IOException {
        assertThat(result.error()).isEmpty();
        assertThat(documented()).as("docs/faults.md").anySatisfy(row -> {
            assertThat(row.get(0)).isEqualTo(result.fault());
            assertThat(row.get(2)).isEqualTo(result.where());
        });
    }

    private static List<String> documentedFaults() throws IOException {
        return documented().stream().map(row -> row.get(0)).toList();
    }

    /** The cells of the first table. */
    private static List<List<String>> documented() throws IOException {
        String text = Files.readString(Launcher.repository().resolve("docs/faults.md"));
        int begin = text.indexOf(FaultResult.head());
        assertThat(begin).as("the table's head").isNotNegative();
        return text.substring(begin + FaultResult.head().length())
                .lines()
                .takeWhile(line -> line.startsWith("| "))
                .map(line -> List.of(line.substring(2, line.length() - 2).split(" \\| ", -1)))
                .toList();
    }
}
