package dev.sluice.core.sync;

import dev.sluice.core.model.Problem;
import java.util.List;
import java.util.Map;

/**
 * What a successful sync did.
 *
 * @param full whether the whole state was compared with the kernel
 * @param problems every Service that this backend leaves out at present, also those of earlier syncs
 * @param inForce counts of what is in force, by name; the daemon turns them into metrics: {@code iptables.nat.rules},
 *     {@code iptables.filter.rules}, {@code ipvs.virtual_servers}, {@code ipvs.real_servers},
 *     {@code userspace.tcp_listeners}, {@code userspace.udp_sockets}
 * @param written how many iptables rules this sync wrote, by table; empty when the mode does not count them
 * @param mended what others had changed beside rules, by kind and name, each with how many things it was: {@code ipvs}
 *     {@code 10.96.0.10:53/UDP} 3
 */
public record SyncReport(
        boolean full,
        KernelCost cost,
        List<Problem> problems,
        Map<String, Long> inForce,
        Map<String, Long> written,
        Map<String, Map<String, Integer>> mended) {

    public SyncReport {
        problems = List.copyOf(problems);
        inForce = Map.copyOf(inForce);
        written = Map.copyOf(written);
        mended = Map.copyOf(mended);
    }

    /** A sync that counts no iptables rules and does not tell of things that others changed. */
    public SyncReport(boolean full, KernelCost cost, List<Problem> problems, Map<String, Long> inForce) {
        this(full, cost, problems, inForce, Map.of(), Map.of());
    }
}
