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
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates and deletes the counters that rules count into. A rule with a counter that the kernel lacks is refused
 * together with its whole table, so each counter is tried out before a rule names it.
 */
public final class RuleCounters {
    private static final Logger LOG = LoggerFactory.getLogger(RuleCounters.class);

    /** nf_tables frees a deleted rule a little later, and a counter is busy until then. */
    private static final Duration RELEASE_TIME = Duration.ofMillis(200);

    private static final String TRIAL = "SLUICE-TRIAL";

    private final NamedCounters counters;
    private final Iptables iptables;
    private final Map<String, Boolean> tried = new HashMap<>();

    public RuleCounters(NamedCounters counters, Iptables iptables) {
        this.counters = counters;
        this.iptables = iptables;
    }

    /** Creates the counter unless it exists; false when rules cannot count into it. */
    boolean ensure(PacketCounter counter) {
        String name = counter.label();
        try {
            if (!counters.supported()) {
                return false;
            }
            counters.create(name);
            Boolean known = tried.get(name);
            return known != null ? known : tryOut(name);
        } catch (KernelException e) {
            LOG.atWarn()
                    .addKeyValue("family", iptables.family())
                    .addKeyValue("counter", name)
                    .addKeyValue("cause", e.getMessage())
                    .log("rules do not count");
            return false;
        }
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
        boolean usable = true;
        try {
            iptables.restore(trial);
        } catch (RestoreException e) {
            if (e.line().isEmpty()) {
                throw e; // not the rule: the lock, missing privileges, the tool itself
            }
            usable = false;
            LOG.atInfo()
                    .addKeyValue("family", iptables.family())
                    .addKeyValue("counter", name)
                    .addKeyValue("cause", e.getMessage())
                    .log("rules do not count");
        }
        tried.put(name, usable);
        return usable;
    }
}
