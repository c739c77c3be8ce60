// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.timing;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How many times slower this machine is than an idle reference machine. Measured by the start of a small JVM, and later
 * by the start-up times of daemons: the slowest start counts, whatever else the machine does meanwhile.
 */
public final class MachineSpeed {
    /** The time that a JVM which prints its version takes on the reference machine. */
    private static final Duration REFERENCE_JVM = Duration.ofMillis(150);
    /** The time until a daemon's first sync is applied on the reference machine. */
    private static final Duration REFERENCE_DAEMON = Duration.ofSeconds(3);

    private static final double MOST = 20;

    private final AtomicReference<Double> slowness;

    private MachineSpeed(double slowness) {
        this.slowness = new AtomicReference<>(bounded(slowness));
    }

    /** Assumes the reference machine until a daemon starts slowly. */
    public static MachineSpeed ofReference() {
        return new MachineSpeed(1);
    }

    /** Measures this machine's present speed. */
    public static MachineSpeed measured() {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command = List.of(java.toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-version");
        try {
            long begin = System.nanoTime();
            new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            return new MachineSpeed((double) (System.nanoTime() - begin) / REFERENCE_JVM.toNanos());
        } catch (IOException e) {
            throw new IllegalStateException("cannot start " + java, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Records that a daemon became ready within {@code time}. */
    public void daemonStarted(Duration time) {
        double seen = bounded((double) time.toNanos() / REFERENCE_DAEMON.toNanos());
        slowness.accumulateAndGet(seen, Math::max);
    }

    /** 1 for the reference machine or a faster one, 5 for a machine that takes five times as long. */
    public double slowness() {
        return slowness.get();
    }

    /** The time on this machine for what takes {@code onReference} on the reference machine. */
    public Duration stretched(Duration onReference) {
        return Duration.ofNanos((long) (onReference.toNanos() * slowness()));
    }

    private static double bounded(double slowness) {
        return Math.clamp(slowness, 1, MOST);
    }
}
