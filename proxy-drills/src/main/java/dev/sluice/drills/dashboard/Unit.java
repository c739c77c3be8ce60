// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import java.util.Locale;

/** Numbers with Grafana's units. */
final class Unit {
    private static final double KIB = 1024;

    private Unit() {}

    /** A value as an axis, a legend or a tile shows it. */
    static String text(double value, String unit) {
        return switch (unit) {
            case "s" -> seconds(value);
            case "bytes" -> bytes(value, "B");
            case "Bps" -> thousands(value, "B/s");
            case "cps" -> thousands(value, "/s");
            case "ops" -> thousands(value, "ops/s");
            case "reqps" -> thousands(value, "req/s");
            case "percentunit" -> digits(value * 100) + " %";
            default -> thousands(value, "");
        };
    }

    private static String seconds(double value) {
        double size = Math.abs(value);
        if (size >= 120) {
            return digits(value / 60) + " min";
        }
        return size >= 1 || size == 0 ? digits(value) + " s" : digits(value * 1000) + " ms";
    }

    private static String bytes(double value, String unit) {
        double size = Math.abs(value);
        if (size >= KIB * KIB * KIB) {
            return digits(value / KIB / KIB / KIB) + " Gi" + unit;
        }
        if (size >= KIB * KIB) {
            return digits(value / KIB / KIB) + " Mi" + unit;
        }
        return size >= KIB ? digits(value / KIB) + " Ki" + unit : digits(value) + " " + unit;
    }

    private static String thousands(double value, String unit) {
        double size = Math.abs(value);
        String prefix = size >= 1e9 ? "G" : size >= 1e6 ? "M" : size >= 1e3 ? "k" : "";
        double scaled = size >= 1e9 ? value / 1e9 : size >= 1e6 ? value / 1e6 : size >= 1e3 ? value / 1e3 : value;
        return (digits(scaled) + " " + prefix + unit).strip();
    }

    /** Three digits that count, without zeros at the end. */
    private static String digits(double value) {
        double size = Math.abs(value);
        int decimals = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 0.095 ? 2 : 3;
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
    }
}
