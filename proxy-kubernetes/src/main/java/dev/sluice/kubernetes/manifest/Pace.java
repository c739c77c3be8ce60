package dev.sluice.kubernetes.manifest;

import java.time.Duration;

/**
 * How a directory is watched.
 *
 * @param quiet how long no file may change before a change is read: editors and {@code cp} write in steps
 * @param grace how long a file must stay broken, or empty after having held objects, before that is believed
 * @param rescan how often the directory is looked at even when the kernel announces nothing
 */
record Pace(Duration quiet, Duration grace, Duration rescan) {
    static final Pace STANDARD = new Pace(Duration.ofMillis(100), Duration.ofMillis(500), Duration.ofSeconds(2));
}
