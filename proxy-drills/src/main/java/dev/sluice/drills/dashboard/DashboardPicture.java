// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import dev.sluice.drills.dashboard.Dashboard.Filled;
import dev.sluice.drills.picture.Svg;
import dev.sluice.drills.picture.Svg.Anchor;
import dev.sluice.drills.picture.Svg.Font;
import dev.sluice.testkit.prometheus.PrometheusServer;
import java.util.List;

/** A dashboard as a picture, with what its queries gave. */
public final class DashboardPicture {
    private static final double COLUMN = 52;
    private static final double ROW = 31;
    private static final double GAP = 8;
    private static final double MARGIN = 12;
    private static final double TITLE = 48;
    private static final double PANEL_TITLE = 38;

    private DashboardPicture() {}

    /**
     * Draws the panels outside collapsed rows.
     *
     * @param subtitle at the right of the title
     */
    public static String draw(Dashboard dashboard, PrometheusServer prometheus, Window window, String subtitle) {
        List<Filled> panels = dashboard.fill(prometheus, window);
        int rows = panels.stream()
                .mapToInt(filled ->
                        filled.panel().grid().y() + filled.panel().grid().h())
                .max()
                .orElse(0);
        double width = 24 * COLUMN + 2 * MARGIN;
        Svg svg = new Svg(width, TITLE + rows * ROW + MARGIN);
        svg.box(0, 0, width, TITLE + rows * ROW + MARGIN, 0, Palette.GROUND, "none");
        svg.text(MARGIN + 4, 31, Font.bold(18, Palette.TEXT), Anchor.START, dashboard.title());
        svg.text(width - MARGIN - 4, 31, Font.plain(13, Palette.DIM), Anchor.END, subtitle);
        ChartDrawing charts = new ChartDrawing(svg, window);
        StatDrawing stats = new StatDrawing(svg);
        for (Filled filled : panels) {
            Panel.Grid grid = filled.panel().grid();
            double x = MARGIN + grid.x() * COLUMN;
            double y = TITLE + grid.y() * ROW;
            if (filled.panel().type().equals("row")) {
                svg.text(
                        x + 4,
                        y + 21,
                        Font.bold(14, Palette.TEXT),
                        Anchor.START,
                        "⌄  " + filled.panel().title());
                continue;
            }
            double w = grid.w() * COLUMN - GAP;
            double h = grid.h() * ROW - GAP;
            svg.box(x, y, w, h, 3, Palette.PANEL, Palette.BORDER);
            svg.text(
                    x + 12,
                    y + 23,
                    Font.bold(13, Palette.TEXT),
                    Anchor.START,
                    filled.panel().title());
            if (filled.panel().type().equals("stat")) {
                stats.draw(filled, x + 1, y + PANEL_TITLE - 4, w - 2, h - PANEL_TITLE + 3);
            } else {
                charts.draw(filled, x + 8, y + PANEL_TITLE, w - 20, h - PANEL_TITLE - 8);
            }
        }
        return svg.toString();
    }
}
