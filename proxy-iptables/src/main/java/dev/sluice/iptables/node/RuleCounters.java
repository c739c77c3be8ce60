// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.node;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.iptables.render.PacketCounter;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.nfacct.NamedCounters;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates and deletes the counters that rules count into. A rule with a counter that the kernel lacks is refused
 * together with its whole table. So when a restore is refused, whether counters can be used is found out by a trial,
 * unless rules that count are known to be in force.
 */
public final class RuleCounters {
    private static final Logger LOG = LoggerFactory.getLogger(RuleCounters.class);

    /** nf_tables frees a deleted rule a little later, and a counter is busy until then. */
    private static final Duration RELEASE_TIME = Duration.ofMillis(200);

    private static final String TRIAL = "SLUICE-TRIAL";

    private final NamedCounters counters;
    private final Iptables iptables;
    private final Set<PacketCounter> created = EnumSet.noneOf(PacketCounter.class);
    private final Map<PacketCounter, Boolean> usable = new EnumMap<>(PacketCounter.class);

    public RuleCounters(NamedCounters counters, Iptables iptables) {
        this.counters = counters;
        this.iptables = iptables;
    }

    /**
     * Creates the counter unless it exists.
     *
     * @param certain whether to find out by a trial if rules can count into it, unless that is known
     * @return false when they cannot
     */
    boolean ensure(PacketCounter counter, boolean certain) {
        created.remove(counter);
        try {
            if (!counters.supported()) {
                return false;
            }
            counters.create(counter.label());
            created.add(counter);
            if (certain && !usable.containsKey(counter)) {
                usable.put(counter, tryOut(counter.label()));
            }
            return usable.getOrDefault(counter, true);
        } catch (KernelException e) {
            LOG.atWarn()
                    .addKeyValue("family", iptables.family())
                    .addKeyValue("counter", counter.label())
                    .addKeyValue("cause", e.getMessage())
                    .log("rules do not count");
            return false;
        }
    }

    /** All rules that count into the counters of {@link #ensure} are in force. */
    void work() {
        created.forEach(counter -> usable.putIfAbsent(counter, true));
    }

    /** Deletes the counters that no rule of either family counts into. */
    public void delete() {
        try {
            if (counters.supported()) {
                long deadline = System.nanoTime() + RELEASE_TIME.toNanos();
                for (PacketCounter counter : PacketCounter.values()) {
                    boolean deleted = counters.delete(counter.label());
                    while (!deleted && System.nanoTime() - deadline < 0) {
                        Thread.onSpinWait();
                        deleted = counters.delete(counter.label());
                    }
                }
            }
        } catch (NetlinkException e) {
            LOG.atWarn()
                    .addKeyValue("family", iptables.family())
                    .addKeyValue("cause", e.getMessage())
                    .log("a counter stays behind");
        }
    }

    /** The kernel may have counters but not the match, or the tool may not know it. */
    private boolean tryOut(String name) throws RestoreException {
        String trial = String.join(
                "\n",
                "*" + SharedChains.FILTER,
                ":" + TRIAL + " - [0:0]",
                "-A " + TRIAL + " " + rule().counted(name).noTarget(),
                "-F " + TRIAL,
                "-X " + TRIAL,
                "COMMIT\n");
        try {
            iptables.restore(trial);
            return true;
        } catch (RestoreException e) {
            if (e.line().isEmpty()) {
                throw e; // not the rule: the lock, missing privileges, the tool itself
            }
            LOG.atInfo()
                    .addKeyValue("family", iptables.family())
                    .addKeyValue("counter", name)
                    .addKeyValue("cause", e.getMessage())
                    .log("rules do not count");
            return false;
        }
    }
}
