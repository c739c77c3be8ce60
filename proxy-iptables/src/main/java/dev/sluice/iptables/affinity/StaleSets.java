// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.affinity;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets that no rule of ours refers to any more. nf_tables frees a deleted rule a little later, and a set is busy until
 * then; a set that a foreign rule refers to stays busy.
 */
final class StaleSets {
    private static final Logger LOG = LoggerFactory.getLogger(StaleSets.class);
    private static final Duration FIRST_DELAY = Duration.ofMillis(250);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    /** Sets in one sweep; before Linux 6.7 the kernel takes milliseconds for each. */
    private static final int AT_ONCE = 256;

    private final Set<String> names = new LinkedHashSet<>();
    private Duration delay = FIRST_DELAY;
    private long lastSweep;

    void add(Collection<String> stale) {
        if (names.addAll(stale)) {
            delay = FIRST_DELAY;
        }
    }

    /** These are in use again. */
    void remove(Collection<String> used) {
        names.removeAll(used);
    }

    boolean isEmpty() {
        return names.isEmpty();
    }

    /** Destroys what is not busy. */
    void sweep(IpSets sets) throws NetlinkException {
        int before = names.size();
        for (String name : names.stream().limit(AT_ONCE).toList()) {
            if (destroy(sets, name)) {
                names.remove(name);
            }
        }
        lastSweep = System.nanoTime();
        if (!names.isEmpty() && names.size() == before) {
            Duration doubled = delay.multipliedBy(2);
            delay = doubled.compareTo(LONGEST_DELAY) < 0 ? doubled : LONGEST_DELAY;
            LOG.debug("IP sets that are still referred to: {}", names);
        }
    }

    /** Whether the set is gone; false while a rule refers to it. */
    static boolean destroy(IpSets sets, String name) throws NetlinkException {
        try {
            sets.destroy(name);
            return true;
        } catch (NetlinkException e) {
            if (e.errno() == Errno.EBUSY) {
                return false;
            }
            if (e.notFound()) {
                return true;
            }
            throw e;
        }
    }

    /** The time until the next sweep is due; empty when nothing is left. */
    Optional<Duration> nextSweep() {
        if (names.isEmpty()) {
            return Optional.empty();
        }
        Duration left = delay.minusNanos(System.nanoTime() - lastSweep);
        return Optional.of(left.isNegative() ? Duration.ZERO : left);
    }
}
