// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import dev.sluice.conformance.scenario.Stage;
import java.io.IOException;
import java.util.Locale;
import org.assertj.core.api.Assertions;

/**
 * The resources that the daemon holds.
 *
 * @param memory resident, in MiB
 * @param files open descriptors
 */
record HostileState(long memory, int files) {
    /** Each event loop keeps up to 64 idle pipes, of two descriptors. */
    private static final int IDLE_PIPES = 2 * 64 * Runtime.getRuntime().availableProcessors();

    static HostileState of(Stage stage) throws IOException {
        return new HostileState(
                stage.daemon().residentKib() >> 10, stage.daemon().openFiles());
    }

    /** The value of {@code sluice_userspace_NAME}. */
    static double metric(Stage stage, String name) throws IOException {
        return stage.daemon().metric("sluice_userspace_" + name).orElseThrow();
    }

    String growth(Stage stage) throws IOException {
        HostileState now = of(stage);
        return String.format(
                Locale.ROOT, "memory %d to %d MiB, descriptors %d to %d", memory, now.memory, files, now.files);
    }

    /** @param mebibytes the largest growth of the daemon that is accepted */
    void expectLittleMore(Stage stage, int mebibytes) throws IOException {
        Assertions.assertThat(of(stage).memory).as("MiB, at first " + memory).isLessThan(memory + mebibytes);
    }

    /** Waits until the connections and their descriptors are closed. */
    void expectGone(Stage stage) {
        stage.eventually("no connection is left", () -> metric(stage, "connections_active") == 0);
        stage.eventually("their descriptors are closed", () -> of(stage).files <= files + IDLE_PIPES);
    }
}
