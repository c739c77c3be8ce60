// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.catalogue.Catalogue;
import dev.sluice.conformance.matrix.Column;
import dev.sluice.conformance.matrix.Matrix;
import dev.sluice.conformance.matrix.MatrixRow;
import dev.sluice.conformance.matrix.Reason;
import dev.sluice.conformance.matrix.Reason.Kind;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checks that no behaviour of kube-proxy is forgotten: each has a scenario in each mode that it concerns, or a reason.
 */
class MatrixTest {
    private static final int KUBE_PROXYS_BEHAVIOURS = 267;
    private final Matrix matrix = Matrix.load();

    @Test
    void everyRowIsThereOnce() {
        assertThat(matrix.rows())
                .extracting(MatrixRow::number)
                .isEqualTo(
                        IntStream.rangeClosed(1, KUBE_PROXYS_BEHAVIOURS).boxed().toList());
        assertThat(matrix.rows()).allSatisfy(row -> {
            assertThat(row.letters())
                    .as("%s", row.number())
                    .matches("D|T?V?N?U?")
                    .isNotEmpty();
            assertThat(row.behaviour()).as("%s", row.number()).isNotBlank();
        });
    }

    @ParameterizedTest
    @EnumSource
    void everyRowHasAScenarioOrAReason(Column column) {
        assertThat(matrix.unexplained(column, scenarios()))
                .as("rows of column '%s' without a scenario: write one, or say why not in reasons.tsv", column.label())
                .isEmpty();
    }

    @Test
    void theTestsThatReasonsNameExist() throws IOException {
        Map<String, String> sources = sources();
        List<String> missing = new ArrayList<>();
        for (Reason reason : matrix.reasons()) {
            if (reason.kind() == Kind.UNIT) {
                for (String test : reason.text().split(", ", -1)) {
                    String[] names = test.split("\\.", 2);
                    assertThat(names).as("'%s' is Class.method", test).hasSize(2);
                    if (!sources.getOrDefault(names[0], "").contains(" void " + names[1] + "(")) {
                        missing.add(test);
                    }
                }
            }
        }
        assertThat(missing).as("tests that are named and do not exist").isEmpty();
    }

    private static List<Scenario> scenarios() {
        List<Scenario> all = new ArrayList<>(Catalogue.all());
        all.addAll(ApiScenarios.of(Catalogue.all()));
        return all;
    }

    /** The text of every test of the repository, by class. */
    private static Map<String, String> sources() throws IOException {
        Map<String, String> texts = new HashMap<>();
        try (Stream<Path> files = Files.find(
                Launcher.repository(),
                20,
                (path, attributes) ->
                        attributes.isRegularFile() && path.toString().endsWith("Test.java"))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                texts.merge(name, Files.readString(file), String::concat);
            }
        }
        return texts;
    }
}
