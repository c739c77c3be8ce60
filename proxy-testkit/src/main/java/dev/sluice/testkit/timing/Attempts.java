// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.timing;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * Repeats an attempt until it succeeds, and remembers what each one saw, so that a failure shows what differed and
 * when.
 *
 * <p>The limit applies between attempts only, and only after the first few: where one attempt takes seconds, a
 * condition that becomes true late still counts.
 */
public final class Attempts {
    private static final Duration PAUSE = Duration.ofMillis(40);
    private static final int FEWEST = 3;
    /** The number of observations that a failure shows from the beginning, and as many from the end. */
    private static final int SHOWN_AT_EACH_END = 6;

    private final long begin = System.nanoTime();
    private final List<Spell> history = new ArrayList<>();
    private int made;

    /**
     * The result of an attempt.
     *
     * @param saw for people
     */
    public record Observation(boolean success, String saw) {}

    /** One attempt. An {@link IOException} counts as not yet; any other exception ends the attempts. */
    @FunctionalInterface
    public interface Attempt {
        Observation make() throws Exception;
    }

    /** Consecutive attempts that saw the same, in nanoseconds since the beginning. */
    private record Spell(String saw, long first, long last, int times) {
        private Spell again(long at) {
            return new Spell(saw, first, at, times + 1);
        }

        @Override
        public String toString() {
            return times == 1
                    ? seconds(first) + ": " + saw
                    : seconds(first) + " to " + seconds(last) + ", " + times + " times: " + saw;
        }
    }

    private Attempts() {}

    /**
     * Repeats {@code attempt} until it succeeds.
     *
     * @param expected what should be seen, for people
     * @throws AssertionError with what was seen, when no attempt has succeeded within {@code limit}
     */
    public static void until(Duration limit, String expected, Attempt attempt) {
        Attempts attempts = new Attempts();
        try {
            while (!attempts.succeeds(attempt)) {
                if (attempts.made >= FEWEST && System.nanoTime() - attempts.begin > limit.toNanos()) {
                    throw new AssertionError(
                            expected + ": not within " + seconds(limit.toNanos()) + ":" + attempts.told());
                }
                Thread.sleep(PAUSE);
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(expected + ": interrupted", e);
        } catch (Exception e) {
            throw new IllegalStateException(expected + ": " + e, e);
        }
    }

    /** Repeats until {@code condition} holds. */
    public static void untilTrue(Duration limit, String expected, Callable<Boolean> condition) {
        until(limit, expected, () -> new Observation(condition.call(), "not so"));
    }

    private boolean succeeds(Attempt attempt) throws Exception {
        long at = System.nanoTime() - begin;
        made++;
        Observation observation;
        try {
            observation = attempt.make();
        } catch (IOException e) {
            observation = new Observation(false, e.toString());
        }
        if (!observation.success()) {
            remember(observation.saw(), at);
        }
        return observation.success();
    }

    private void remember(String saw, long at) {
        if (!history.isEmpty() && history.getLast().saw().equals(saw)) {
            history.add(history.removeLast().again(at));
        } else {
            history.add(new Spell(saw, at, at, 1));
        }
    }

    private String told() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < history.size(); i++) {
            if (i == SHOWN_AT_EACH_END && history.size() > 2 * SHOWN_AT_EACH_END) {
                i = history.size() - SHOWN_AT_EACH_END;
                text.append("\n  ...");
            }
            text.append("\n  ").append(history.get(i));
        }
        return text.toString();
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
    }
}
