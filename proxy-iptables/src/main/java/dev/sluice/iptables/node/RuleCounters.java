package dev.sluice.iptables.node;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.iptables.render.FixedChains;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.nfacct.NamedCounters;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's counters that two rules count into, under kube-proxy's names. A rule that names a counter which the kernel
 * does not have is refused, and its whole table with it; so a rule names one only after that was tried out.
 */
public final class RuleCounters {
    private static final Logger LOG = LoggerFactory.getLogger(RuleCounters.class);
    /** The nft variant's kernel side frees a deleted rule a little later. */
    private static final Duration LETTING_GO = Duration.ofMillis(200);

    private static final String TRIAL = "SLUICE-TRIAL";

    /** Packets that conntrack cannot place, dropped on the way through the node. */
    public static final String INVALID_DROPPED = "ct_state_invalid_dropped_pkts";

    /** First packets of connections to a node port on 127.0.0.1. */
    public static final String LOCALHOST_ACCEPTED = "localhost_nps_accepted_pkts";

    private final NamedCounters counters;
    private final Iptables iptables;
    private final Map<String, Boolean> tried = new HashMap<>();

    public RuleCounters(NamedCounters counters, Iptables iptables) {
        this.counters = counters;
        this.iptables = iptables;
    }

    /** Makes the counter if it is not there. False when rules cannot count into it. */
    boolean ensure(String name) {
        try {
            if (!counters.supported()) {
                return false;
            }
            counters.create(name);
            Boolean known = tried.get(name);
            return known != null ? known : tryOut(name);
        } catch (KernelException e) {
            LOG.warn("{}: rules do not count into {}: {}", iptables.family(), name, e.getMessage());
            return false;
        }
    }

    /** Deletes the counters, once no rule counts into them; the other family's may. */
    public void delete() {
        try {
            if (counters.supported()) {
                long deadline = System.nanoTime() + LETTING_GO.toNanos();
                for (String name : List.of(INVALID_DROPPED, LOCALHOST_ACCEPTED)) {
                    boolean deleted = counters.delete(name);
                    while (!deleted && System.nanoTime() - deadline < 0) {
                        Thread.onSpinWait();
                        deleted = counters.delete(name);
                    }
                }
            }
        } catch (NetlinkException e) {
            LOG.warn("{}: a counter stays behind: {}", iptables.family(), e.getMessage());
        }
    }

    /** The kernel may have counters and not the match, or the tool may not know it. */
    private boolean tryOut(String name) throws RestoreException {
        String trial = String.join(
                "\n",
                "*" + FixedChains.FILTER,
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
                throw e; // not about the rule: the lock, the rights, the tool itself
            }
            usable = false;
            LOG.info("{}: rules do not count into {}: {}", iptables.family(), name, e.getMessage());
        }
        tried.put(name, usable);
        return usable;
    }
}
