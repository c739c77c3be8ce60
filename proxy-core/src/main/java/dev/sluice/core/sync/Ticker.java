package dev.sluice.core.sync;

/** A clock for durations: never set back, without relation to the time of day. */
@FunctionalInterface
public interface Ticker {

    /** Nanoseconds since some moment in the past. */
    long nanos();

    static Ticker system() {
        return System::nanoTime;
    }
}
