// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.observe;

import dev.sluice.conformance.scenario.Stage;
import java.io.IOException;

/** The series of {@code /metrics} for the scenario's Service {@code web}. */
public final class ServiceMetrics {
    private ServiceMetrics() {}

    /** The value of {@code name}, 0 when the page does not have it. */
    public static double value(Stage stage, String name) throws IOException {
        return value(stage, name, "", "");
    }

    /** The value of {@code name} with one additional label, see {@link #series}. */
    public static double value(Stage stage, String name, String before, String after) throws IOException {
        return stage.daemon().metric(series(stage, name, before, after)).orElse(0);
    }

    /**
     * The series of {@code name} with one additional label.
     *
     * @param before a label before {@code ip_family} in the order of the page, with a comma
     * @param after a label after {@code protocol}, with a comma
     */
    public static String series(Stage stage, String name, String before, String after) {
        return name + "{" + before + "ip_family=\"" + stage.family().label() + "\",namespace=\""
                + stage.allotment().namespace() + "\",port=\"\",protocol=\"tcp\"," + after + "service=\"web\"}";
    }

    /** The value of {@code name} for the endpoint {@code pod}. */
    public static double ofPod(Stage stage, String name, String pod) throws IOException {
        String endpoint = stage.lab().pod(pod).address(stage.family()).withPort(8080);
        return value(stage, name, "endpoint=\"" + endpoint + "\",", "");
    }

    /** The number of connections refused for {@code reason}. */
    public static double refusals(Stage stage, String reason) throws IOException {
        return value(stage, "sluice_service_refusals_total", "", "reason=\"" + reason + "\",");
    }

    /** The number of connections that a limit has ended. */
    public static double expired(Stage stage, String limit) throws IOException {
        return value(stage, "sluice_service_expired_connections_total", "", "reason=\"" + limit + "\",");
    }
}
