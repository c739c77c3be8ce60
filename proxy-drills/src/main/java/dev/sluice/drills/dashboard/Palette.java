// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import java.util.List;

/** The colors of a light dashboard. */
final class Palette {
    static final String GROUND = "#f4f5f5";
    static final String PANEL = "#ffffff";
    static final String BORDER = "#dfe2e6";
    static final String GRID = "#eceef0";
    static final String TEXT = "#24292e";
    static final String DIM = "#6b7280";

    private static final List<String> LINES =
            List.of("#3274d9", "#ff780a", "#56a64b", "#a352cc", "#e02f44", "#37a2b4", "#e0a400", "#8f6b4a");

    private Palette() {}

    static String line(int index) {
        return LINES.get(index % LINES.size());
    }

    /** A color by the name that a dashboard gives it. */
    static String named(String name) {
        return switch (name) {
            case "green" -> "#37872d";
            case "orange" -> "#e55400";
            case "red" -> "#c4162a";
            case "blue" -> "#1f60c4";
            default -> TEXT;
        };
    }
}
