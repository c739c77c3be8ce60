// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis with round numbers at its ticks.
 *
 * @param top the value at the far end
 * @param step between two ticks
 */
record Axis(double top, double step) {
    private static final int TICKS = 4;

    /**
     * From 0 to {@code max} or a little more.
     *
     * @param binary whether round numbers are those of KiB and MiB
     * @param whole whether the values are whole numbers
     */
    static Axis upTo(double max, boolean binary, boolean whole) {
        double wanted = max > 0 ? max : 1;
        double scale = binary ? Math.pow(1024, Math.floor(Math.log(wanted) / Math.log(1024))) : 1;
        double step = scale * round(wanted / scale / TICKS);
        step = whole ? Math.max(1, step) : step;
        return new Axis(Math.ceil(wanted / step - 1e-9) * step, step);
    }

    /** The next larger of 1, 2, 2.5 and 5 times a power of ten. */
    static double round(double least) {
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (double factor : new double[] {1, 2, 2.5, 5}) {
            if (factor * power >= least * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        for (int i = 0; i * step <= top * (1 + 1e-9); i++) {
            ticks.add(i * step);
        }
        return ticks;
    }
}
