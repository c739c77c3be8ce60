// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.net.IpFamily;
import java.util.List;

/**
 * The result of one scenario in one flavour and family.
 *
 * @param detail the reason of a failure or skip; when it passed, a measurement or, mostly, nothing
 */
public record Result(
        String id,
        String rows,
        String behaviour,
        Flavour flavour,
        IpFamily family,
        Status status,
        String detail,
        long millis) {

    /** The status of a run. */
    public enum Status {
        PASS,
        FAIL,
        SKIP,
        /** It failed, and passed when it was played again; the detail is that of the failure. */
        UNSTEADY
    }

    static Result of(Scenario scenario, Flavour flavour, IpFamily family, Status status, String detail, long millis) {
        return new Result(
                scenario.id(), scenario.rows(), scenario.behaviour(), flavour, family, status, detail, millis);
    }

    /** This failure of a run that has passed since. */
    Result unsteady() {
        return new Result(id, rows, behaviour, flavour, family, Status.UNSTEADY, detail, millis);
    }

    /** One line of tab-separated values. */
    public String tsv() {
        return String.join(
                "\t",
                List.of(
                        id,
                        rows,
                        behaviour,
                        flavour.name(),
                        family.name(),
                        status.name(),
                        Long.toString(millis),
                        detail.replace("\\", "\\\\").replace("\n", "\\n").replaceAll("[\t\r]", " ")));
    }

    /** Parses what {@link #tsv} wrote. */
    public static Result parse(String line) {
        String[] f = line.split("\t", 8);
        if (f.length != 8) {
            throw new IllegalArgumentException("not a result: '" + line + "'");
        }
        return new Result(
                f[0],
                f[1],
                f[2],
                Flavour.valueOf(f[3]),
                IpFamily.valueOf(f[4]),
                Status.valueOf(f[5]),
                f[7].replace("\\n", "\n").replace("\\\\", "\\"),
                Long.parseLong(f[6]));
    }
}
