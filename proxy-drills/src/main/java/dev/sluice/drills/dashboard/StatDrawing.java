// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import dev.sluice.drills.dashboard.Dashboard.Filled;
import dev.sluice.drills.dashboard.Dashboard.Line;
import dev.sluice.drills.picture.Svg;
import dev.sluice.drills.picture.Svg.Anchor;
import dev.sluice.drills.picture.Svg.Font;
import dev.sluice.testkit.prometheus.TimeSeries.Sample;
import java.util.List;
import java.util.Locale;

/** Draws a tile with one value, and its history behind it. */
final class StatDrawing {
    private final Svg svg;

    StatDrawing(Svg svg) {
        this.svg = svg;
    }

    /** Draws into the panel whose inside begins at {@code x} and {@code y}. */
    void draw(Filled filled, double x, double y, double w, double h) {
        if (filled.lines().isEmpty()) {
            svg.text(x + w / 2, y + h / 2 + 8, Font.plain(14, Palette.DIM), Anchor.MIDDLE, "No data");
            return;
        }
        Line line = filled.lines().getFirst();
        String color = color(filled.panel(), line.last());
        history(line, color, x, y + h * 0.62, w, h * 0.38);
        svg.text(
                x + w / 2,
                y + h * 0.5,
                Font.bold(30, color),
                Anchor.MIDDLE,
                Unit.text(Math.rint(line.last() * 10) / 10, filled.panel().unit()));
    }

    private static String color(Panel panel, double value) {
        String color = "";
        for (Panel.Step step : panel.steps()) {
            color = value >= step.from() ? step.color() : color;
        }
        return Palette.named(color);
    }

    private void history(Line line, String color, double x, double y, double w, double h) {
        List<Sample> samples = line.samples();
        double from = samples.getFirst().time();
        double span = Math.max(1, samples.getLast().time() - from);
        double top = Math.max(line.max(), 1e-9) * 1.1;
        StringBuilder path = new StringBuilder();
        for (Sample sample : samples) {
            path.append(String.format(
                    Locale.ROOT,
                    "%s %.1f %.1f ",
                    path.isEmpty() ? "M" : "L",
                    x + w * (sample.time() - from) / span,
                    y + h * (1 - Math.max(0, sample.value()) / top)));
        }
        svg.path(path.toString(), color, 1.2, "none", 0);
        String area = String.format(Locale.ROOT, "L %.1f %.1f L %.1f %.1f Z", x + w, y + h, x, y + h);
        svg.path(path + area, "none", 0, color, 0.12);
    }
}
