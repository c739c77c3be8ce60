// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import dev.sluice.kubernetes.api.reflector.ApiTransport.Answer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What the reflectors of one API server know together of its past: how often its versions went back. A list read before
 * a restore of etcd and a watch begun after it, at a version that will not come for years, look like a quiet cluster to
 * their own reflector; the first one that notices makes all others list anew. Thread-safe.
 */
public final class Restores {
    private final Set<Answer> watches = new HashSet<>();
    private int count;
    private String witness = "";

    /** How many there were. */
    synchronized int count() {
        return count;
    }

    /**
     * The versions of a resource went back. Ends the watches and the delays of all other reflectors, unless another one
     * has noticed the same before.
     *
     * @param known the count when the reflector began its last list, or before
     * @return the count that a list which begins now may know
     */
    synchronized int noticed(String resource, int known) {
        if (known == count) {
            count++;
            witness = resource;
            watches.forEach(watch -> watch.fail(isVoid()));
            notifyAll();
        }
        return count;
    }

    /** @throws ApiFailure when versions have gone back since the count was {@code known} */
    synchronized void check(int known) throws ApiFailure {
        if (known != count) {
            throw isVoid();
        }
    }

    private ApiFailure isVoid() {
        return ApiFailure.of(
                ApiFailure.Kind.WENT_BACK,
                "versions mean nothing any more, since those of " + witness + " went back",
                null);
    }

    /** The watch fails as soon as versions go back, until it is {@link #closed}. */
    synchronized void opened(Answer watch, int known) throws ApiFailure {
        check(known);
        watches.add(watch);
    }

    synchronized void closed(Answer watch) {
        watches.remove(watch);
    }

    /** Sleeps, until versions go back at most. */
    synchronized void sleep(Duration duration, int known) throws InterruptedException {
        long end = System.nanoTime() + duration.toNanos();
        for (long left = duration.toNanos(); left > 0 && known == count; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }
}
