// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.scenario.Flavour;
import dev.sluice.conformance.scenario.Result;
import dev.sluice.conformance.scenario.Result.Status;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The cells of the matrix, and the rows without a result. */
class MatrixReportTest {
    private static final MatrixRow SEEN = new MatrixRow(7, "TV", "S", "seen");
    private static final MatrixRow EXPLAINED = new MatrixRow(8, "T", "S", "explained");
    private static final MatrixRow ONCE = new MatrixRow(9, "D", "S", "once");
    private static final Matrix MATRIX =
            new Matrix(List.of(SEEN, EXPLAINED, ONCE), List.of(Reason.parse("7-8\tT\tNOT_HERE\tno such hardware")));

    @Test
    void aRowShowsTheWorstOfItsResults() {
        MatrixReport report = new MatrixReport(
                MATRIX,
                List.of(
                        result("1, 7", Flavour.IPTABLES, IpFamily.IPV4, Status.PASS),
                        result("7, trap 8", Flavour.IPTABLES, IpFamily.IPV6, Status.FAIL),
                        result("7", Flavour.IPTABLES_LEGACY, IpFamily.IPV4, Status.PASS),
                        result("77", Flavour.IPVS, IpFamily.IPV4, Status.PASS),
                        result("9", Flavour.USERSPACE, IpFamily.IPV4, Status.PASS)));

        assertThat(report.cell(SEEN, Column.NFT)).isEqualTo("FAIL");
        assertThat(report.cell(SEEN, Column.LEGACY)).isEqualTo("pass");
        assertThat(report.cell(SEEN, Column.IPVS)).isEqualTo("not run");
        assertThat(report.cell(SEEN, Column.USERSPACE)).isEqualTo(".");
        assertThat(report.cell(EXPLAINED, Column.NFT))
                .as("a trap's number is no row's")
                .isEqualTo("not here");
        assertThat(report.cell(ONCE, Column.ANY)).isEqualTo("pass");
        assertThat(report.cell(ONCE, Column.USERSPACE)).isEqualTo(".");
        assertThat(report.markdown())
                .contains("| 7 | seen | FAIL | pass | not run | . | . |", "- 8: not here, no such hardware\n");
    }

    @Test
    void aRowWithoutScenarioAndReasonIsMissed() {
        Scenario iptables = Scenario.scenario("x", "9, 12", "x").build();

        assertThat(MATRIX.unexplained(Column.NFT, List.of())).isEmpty();
        assertThat(MATRIX.unexplained(Column.IPVS, List.of(iptables))).containsExactly(SEEN);
        assertThat(MATRIX.unexplained(Column.ANY, List.of())).containsExactly(ONCE);
        assertThat(MATRIX.unexplained(Column.ANY, List.of(iptables))).isEmpty();
    }

    private static Result result(String rows, Flavour flavour, IpFamily family, Status status) {
        return new Result("id", rows, "behaviour", flavour, family, status, "", 1);
    }
}
