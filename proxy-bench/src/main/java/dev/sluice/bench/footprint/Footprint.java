// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.footprint;

import static dev.sluice.bench.Samples.median;

import dev.sluice.bench.ProcessMemory;
import dev.sluice.bench.ProcessTime;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.LabException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** The measurements of one proxy in one mode: several starts, and the memory in the last of them. */
final class Footprint {
    private static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final Duration POLL = Duration.ofMillis(10);
    private static final Duration REST = Duration.ofSeconds(20);

    private final List<Start> starts = new ArrayList<>();
    private @Nullable ProcessMemory afterStart;
    private @Nullable ProcessMemory afterChanges;
    private double idleMillis;

    /** @param seconds from the start of the process until {@code /healthz} is 200 */
    record Start(double seconds, ProcessTime time) {}

    /** Waits until a proxy that was started at {@code nanos} is healthy. */
    void awaitHealthy(DaemonProcess proxy, long nanos) {
        Awaitility.await("healthy")
                .pollDelay(Duration.ZERO)
                .pollInterval(POLL)
                .atMost(PATIENCE)
                .until(() -> isHealthy(proxy));
        double seconds = (System.nanoTime() - nanos) / 1e9;
        try {
            starts.add(new Start(seconds, ProcessTime.of(proxy.pid())));
        } catch (IOException e) {
            throw new LabException("the proxy has ended: " + proxy.logText(), e);
        }
    }

    private static boolean isHealthy(DaemonProcess proxy) {
        if (!proxy.isAlive()) {
            throw new LabException("the proxy has ended: " + proxy.logText());
        }
        try {
            return proxy.healthz().status() == 200;
        } catch (IOException | LabException e) {
            return false; // it does not listen yet
        }
    }

    void remember(ProcessMemory atStart, ProcessMemory atEnd) {
        afterStart = atStart;
        afterChanges = atEnd;
    }

    /** Measures the processor time of a proxy that has nothing to do, and of what it runs. */
    void rest(DaemonProcess proxy) throws IOException {
        ProcessTime before = ProcessTime.of(proxy.pid());
        long begin = System.nanoTime();
        try {
            Thread.sleep(REST);
        } catch (InterruptedException e) {
            throw new LabException("interrupted", e);
        }
        ProcessTime after = ProcessTime.of(proxy.pid());
        double used = after.own() - before.own() + after.children() - before.children();
        idleMillis = used * 1000 / ((System.nanoTime() - begin) / 1e9);
    }

    /** Milliseconds of processor time for each second without anything to do. */
    double idleMillis() {
        return idleMillis;
    }

    double seconds() {
        return median(starts, Start::seconds);
    }

    double processorSeconds() {
        return median(starts, start -> start.time().own());
    }

    /** Of the tools that it ran. */
    double toolSeconds() {
        return median(starts, start -> start.time().children());
    }

    ProcessMemory afterStart() {
        return Objects.requireNonNull(afterStart);
    }

    ProcessMemory afterChanges() {
        return Objects.requireNonNull(afterChanges);
    }
}
