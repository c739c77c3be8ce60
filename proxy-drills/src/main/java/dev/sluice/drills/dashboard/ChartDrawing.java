// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import dev.sluice.drills.dashboard.Dashboard.Filled;
import dev.sluice.drills.dashboard.Dashboard.Line;
import dev.sluice.drills.picture.Svg;
import dev.sluice.drills.picture.Svg.Anchor;
import dev.sluice.drills.picture.Svg.Font;
import dev.sluice.testkit.prometheus.TimeSeries.Sample;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws a chart over time: axes, lines or bars, and a legend with the last and the largest value. */
final class ChartDrawing {
    private static final int LEGEND_ROWS = 4;
    private static final double LEGEND_ROW = 17;
    private static final double LEFT = 62;
    private static final double TIME_AXIS = 22;
    private static final double[] TIME_STEPS = {5, 10, 15, 30, 60, 300, 600};
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Svg svg;
    private final Window window;

    ChartDrawing(Svg svg, Window window) {
        this.svg = svg;
        this.window = window;
    }

    /** The plot's place, and the axis of its values. */
    private record Plot(double x, double y, double w, double h, Axis axis) {
        double across(double share) {
            return x + w * share;
        }

        double up(double value) {
            return y + h * (1 - Math.min(1, Math.max(0, value / axis.top())));
        }
    }

    /** Draws into the panel whose inside begins at {@code x} and {@code y}. */
    void draw(Filled filled, double x, double y, double w, double h) {
        int rows = Math.min(LEGEND_ROWS, filled.lines().size());
        double plotHeight = h - TIME_AXIS - rows * LEGEND_ROW - 4;
        Panel.Look look = filled.panel().look();
        Axis axis = Axis.upTo(
                look.max().orElse(largest(filled)), filled.panel().unit().equals("bytes"), look.whole());
        Plot plot = new Plot(x + LEFT, y, w - LEFT, plotHeight, axis);
        axes(plot, filled.panel().unit());
        if (filled.lines().isEmpty()) {
            svg.text(x + LEFT + plot.w / 2, y + plotHeight / 2, Font.plain(14, Palette.DIM), Anchor.MIDDLE, "No data");
            return;
        }
        lines(filled, plot);
        legend(filled, x + 4, y + plotHeight + TIME_AXIS + 12, w);
    }

    private static double largest(Filled filled) {
        Map<Double, Double> sums = new HashMap<>();
        double largest = 0;
        for (Line line : filled.lines()) {
            for (Sample sample : line.samples()) {
                double sum = sums.merge(sample.time(), sample.value(), Double::sum);
                largest = Math.max(largest, filled.panel().look().stacked() ? sum : sample.value());
            }
        }
        return largest;
    }

    private void axes(Plot plot, String unit) {
        for (double tick : plot.axis().ticks()) {
            svg.line(plot.x(), plot.up(tick), plot.across(1), plot.up(tick), Palette.GRID, 1);
            svg.text(plot.x() - 8, plot.up(tick) + 4, Font.plain(11, Palette.DIM), Anchor.END, Unit.text(tick, unit));
        }
        double every = TIME_STEPS[TIME_STEPS.length - 1];
        for (double candidate : TIME_STEPS) {
            if ((window.end() - window.begin()) / candidate <= 5) {
                every = candidate;
                break;
            }
        }
        for (double time = Math.ceil(window.begin() / every) * every; time <= window.end(); time += every) {
            double x = plot.across(window.share(time));
            svg.line(x, plot.y(), x, plot.y() + plot.h(), Palette.GRID, 1);
            if (x < plot.across(1) - 20) {
                svg.text(
                        x,
                        plot.y() + plot.h() + 15,
                        Font.plain(11, Palette.DIM),
                        Anchor.MIDDLE,
                        CLOCK.format(Instant.ofEpochSecond((long) time)));
            }
        }
    }

    private void lines(Filled filled, Plot plot) {
        Map<Double, Double> below = new HashMap<>();
        for (int i = 0; i < filled.lines().size(); i++) {
            Line line = filled.lines().get(i);
            if (filled.panel().look().bars()) {
                bars(line, plot, Palette.line(i), filled.panel().look(), below);
            } else {
                curve(line, plot, Palette.line(i), filled.panel().look(), below);
            }
        }
    }

    private double across(Plot plot, Sample sample) {
        return plot.across(window.share(sample.time()));
    }

    private void bars(Line line, Plot plot, String color, Panel.Look look, Map<Double, Double> below) {
        double wide = Math.max(1.5, plot.w() * window.step() / (window.end() - window.begin()));
        for (Sample sample : line.samples()) {
            double x = Math.max(plot.x(), across(plot, sample) - wide / 2);
            double right = Math.min(plot.across(1), across(plot, sample) + wide / 2 + 0.3); // no seams
            double from = look.stacked() ? below.getOrDefault(sample.time(), 0.0) : 0;
            double top = plot.up(from + sample.value());
            svg.box(x, top, right - x, plot.up(from) - top, 0, color, "none");
            below.put(sample.time(), from + sample.value());
        }
    }

    private void curve(Line line, Plot plot, String color, Panel.Look look, Map<Double, Double> below) {
        List<Sample> samples = line.samples();
        int from = 0;
        for (int i = 1; i <= samples.size(); i++) {
            if (i == samples.size()
                    || samples.get(i).time() - samples.get(i - 1).time() > 1.5 * window.step()) {
                piece(samples.subList(from, i), plot, color, look, below);
                from = i;
            }
        }
        samples.forEach(sample -> below.merge(sample.time(), sample.value(), Double::sum));
    }

    /** A part of a curve without a gap. */
    private void piece(List<Sample> samples, Plot plot, String color, Panel.Look look, Map<Double, Double> below) {
        StringBuilder path = new StringBuilder();
        StringBuilder back = new StringBuilder();
        for (Sample sample : samples) {
            double floor = look.stacked() ? below.getOrDefault(sample.time(), 0.0) : 0;
            double x = across(plot, sample);
            path.append(path.isEmpty() ? "M" : "L").append(point(x, plot.up(floor + sample.value())));
            back.insert(0, "L" + point(x, plot.up(floor)));
        }
        if (samples.size() == 1) {
            Sample only = samples.getFirst();
            svg.dot(across(plot, only), plot.up(only.value()), 2, color);
        }
        if (look.fill() > 0) {
            svg.path(path + back.toString() + "Z", "none", 0, color, look.fill());
        }
        svg.path(path.toString(), color, 1.6, "none", 0);
    }

    private static String point(double x, double y) {
        return String.format(Locale.ROOT, " %.1f %.1f ", x, y);
    }

    private void legend(Filled filled, double x, double y, double w) {
        List<Line> lines = filled.lines();
        String unit = filled.panel().unit();
        for (int i = 0; i < Math.min(LEGEND_ROWS, lines.size()); i++) {
            double row = y + i * LEGEND_ROW;
            boolean more = i == LEGEND_ROWS - 1 && lines.size() > LEGEND_ROWS;
            if (more) {
                String text = "and " + (lines.size() - i) + " more";
                svg.text(x + 18, row, Font.plain(12, Palette.DIM), Anchor.START, text);
                return;
            }
            svg.line(x, row - 4, x + 12, row - 4, Palette.line(i), 3);
            svg.text(
                    x + 18,
                    row,
                    Font.plain(12, Palette.TEXT),
                    Anchor.START,
                    lines.get(i).name());
            String values = "last " + Unit.text(lines.get(i).last(), unit) + "   max "
                    + Unit.text(lines.get(i).max(), unit);
            svg.text(x + w - 6, row, Font.plain(12, Palette.DIM), Anchor.END, values);
        }
    }
}
