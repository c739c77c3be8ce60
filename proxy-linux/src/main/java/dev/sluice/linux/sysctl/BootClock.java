// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.sysctl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;

/**
 * The time since the kernel booted (CLOCK_BOOTTIME, from {@code /proc/uptime}), in steps of 10 ms. It never decreases,
 * and is the same for a successor process, so it suits times that outlive this process.
 */
public final class BootClock {
    private static final Path UPTIME = Path.of("/proc/uptime");

    private BootClock() {}

    /** Nanoseconds since the kernel booted. */
    public static long nanos() {
        try {
            return nanos(KernelFiles.read(UPTIME));
        } catch (IOException e) {
            throw new UncheckedIOException(UPTIME + " cannot be read; is /proc mounted?", e);
        }
    }

    /** @param uptime two numbers of seconds, e.g. {@code 350735.47 234388.90} */
    static long nanos(String uptime) {
        return new BigDecimal(uptime.substring(0, uptime.indexOf(' ')))
                .movePointRight(9)
                .longValueExact();
    }
}
