// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.drills.dashboard.Dashboard.Filled;
import dev.sluice.drills.dashboard.Dashboard.Line;
import dev.sluice.drills.picture.Svg;
import dev.sluice.drills.picture.TerminalPicture;
import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.prometheus.TimeSeries.Sample;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DrawingTest {

    @Test
    void ticksAreRoundNumbersUpToTheLargestValue() {
        assertThat(Axis.upTo(117, false, false).ticks()).containsExactly(0.0, 50.0, 100.0, 150.0);
        assertThat(Axis.upTo(1, false, true).ticks()).containsExactly(0.0, 1.0);
        assertThat(Axis.upTo(90 * 1048576.0, true, false).ticks())
                .contains(25 * 1048576.0)
                .hasSize(5);
        assertThat(Axis.upTo(0, false, false).top()).isEqualTo(1);
    }

    @Test
    void numbersHaveTheirUnits() {
        assertThat(Unit.text(0.0317, "s")).isEqualTo("31.7 ms");
        assertThat(Unit.text(300, "s")).isEqualTo("5 min");
        assertThat(Unit.text(125_400, "Bps")).isEqualTo("125 kB/s");
        assertThat(Unit.text(91.3 * 1048576, "bytes")).isEqualTo("91.3 MiB");
        assertThat(Unit.text(0.004, "percentunit")).isEqualTo("0.4 %");
        assertThat(Unit.text(100, "short")).isEqualTo("100");
    }

    @Test
    void theNodesDashboardHasOnlyPanelsThatCanBeDrawn() throws IOException {
        Dashboard node = Dashboard.read(Launcher.repository().resolve("helm/sluice/files/dashboards/node.json"));
        assertThat(node.panels()).extracting(Panel::type).containsOnly("row", "stat", "timeseries");
    }

    @Test
    void aCurveHasAGapWhereThereAreNoSamples() {
        Panel panel = Panel.parse(
                JsonDocument.parse(
                        "{\"title\": \"t\", \"type\": \"timeseries\", \"fieldConfig\": {\"defaults\": {\"unit\": \"short\"}}}"));
        List<Sample> samples =
                List.of(new Sample(0, 1), new Sample(1, 2), new Sample(5, 3), new Sample(6, 4), new Sample(7, 3));
        Svg svg = new Svg(400, 200);
        new ChartDrawing(svg, new Window(0, 10, 1, "5s"))
                .draw(new Filled(panel, List.of(new Line("a<b", samples))), 0, 0, 400, 200);
        assertThat(svg.toString().split("<path", -1)).hasSize(3);
        assertThat(svg.toString()).contains("a&lt;b").contains("last 3   max 4").endsWith("</svg>\n");
    }

    @Test
    void aTerminalShowsEachLine() {
        assertThat(TerminalPicture.of("title", "make demo", "from  x\n\n  <b>\n"))
                .contains(">make demo</text>", ">from  x</text>", ">  &lt;b&gt;</text>");
    }
}
