// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.picture;

import dev.sluice.drills.picture.Svg.Anchor;
import dev.sluice.drills.picture.Svg.Font;
import java.util.List;

/** A terminal window with a command and what it printed. */
public final class TerminalPicture {
    private static final double SIZE = 13;
    /** Width of a character in the fonts that {@link Svg} names, relative to their size. */
    private static final double ADVANCE = 0.6023;

    private static final double LEADING = 19;
    private static final double MARGIN = 18;
    private static final double BAR = 34;
    private static final List<String> BUTTONS = List.of("#ff5f57", "#febc2e", "#28c840");
    private static final String GROUND = "#1b1f27";
    private static final String TEXT = "#d7dce5";
    private static final String PROMPT = "#7ee787";
    private static final String HEADING = "#79c0ff";

    private TerminalPicture() {}

    /** @param title of the window */
    public static String of(String title, String command, String output) {
        List<String> lines = output.stripTrailing().lines().toList();
        int columns = lines.stream().mapToInt(String::length).max().orElse(0);
        double width = 2 * MARGIN + Math.max(columns, command.length() + 2) * SIZE * ADVANCE;
        double height = BAR + MARGIN + (lines.size() + 1) * LEADING + MARGIN / 2;
        Svg svg = new Svg(width, height);
        svg.box(0.5, 0.5, width - 1, height - 1, 9, GROUND, "#30363d");
        for (int i = 0; i < BUTTONS.size(); i++) {
            svg.dot(MARGIN + 4 + 20 * i, BAR / 2, 6, BUTTONS.get(i));
        }
        svg.text(width / 2, BAR / 2 + 4, Font.plain(12, "#8b949e"), Anchor.MIDDLE, title);
        double y = BAR + MARGIN;
        svg.text(MARGIN, y, Font.monospace(SIZE, PROMPT), Anchor.START, "$");
        svg.text(MARGIN + 2 * SIZE * ADVANCE, y, Font.monospace(SIZE, "#ffffff"), Anchor.START, command);
        for (String line : lines) {
            y += LEADING;
            svg.text(MARGIN, y, Font.monospace(SIZE, color(line)), Anchor.START, line);
        }
        return svg.toString();
    }

    /** Headings of tables and the result stand out. */
    private static String color(String line) {
        return line.startsWith("from ") ? HEADING : line.startsWith("Every ") ? PROMPT : TEXT;
    }
}
