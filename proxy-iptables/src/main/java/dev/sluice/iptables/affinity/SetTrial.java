// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.affinity;

import static dev.sluice.iptables.render.SharedChains.NAT;
import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.iptables.render.ClientSetNames;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Tries out, once in a process, whether rules can remember clients in sets. The kernel may have sets but no rules that
 * use them, the tool may not know these, or may not look sets up, for which it opens a raw socket (CAP_NET_RAW). A rule
 * that is refused would be refused together with its whole table.
 */
final class SetTrial {
    /** Deleted as stale, like a chain of an endpoint, if the process ends in between. */
    private static final String CHAIN = "KUBE-SEP-TRIAL";

    /** As many are looked at; the first ones may be stale. */
    private static final int FEW_SETS = 3;

    private final Iptables iptables;
    private final String set;
    private boolean over;
    private Optional<String> verdict = Optional.empty();

    SetTrial(Iptables iptables) {
        this.iptables = iptables;
        this.set = ClientSetNames.trial(iptables.family());
    }

    /** The set that the trial creates and leaves. */
    String set() {
        return set;
    }

    boolean isOver() {
        return over;
    }

    /**
     * Why rules cannot use sets; empty when they can.
     *
     * @param found sets that exist: a rule of an earlier process that uses one is proof enough
     */
    Optional<String> run(IpSets sets, Collection<String> found) throws KernelException {
        if (!over) {
            verdict = isUsed(found) ? Optional.empty() : tryOut(sets);
            over = true;
        }
        return verdict;
    }

    private boolean isUsed(Collection<String> found) throws KernelException {
        for (String name : found.stream().sorted().limit(FEW_SETS).toList()) {
            String use = "--add-set " + name + " ";
            String chain = ClientSetNames.chain(iptables.family(), name);
            List<String> rules = iptables.readChain(NAT, chain).orElse(List.of());
            if (rules.stream().anyMatch(rule -> rule.contains(use))) {
                return true;
            }
        }
        return false;
    }

    private Optional<String> tryOut(IpSets sets) throws KernelException {
        try {
            sets.create(ClientSetShape.of(iptables.family(), set, ClientSetShape.FEW_BUCKETS));
        } catch (NetlinkException e) {
            if (e.unsupported()) {
                return Optional.of(String.valueOf(e.getMessage()));
            }
            throw e;
        }
        try {
            // in two restores: the legacy variant shows the kernel only what a restore leaves
            iptables.restore(new RestoreScript()
                    .table(NAT)
                    .declare(CHAIN)
                    .append(CHAIN, rule().sourceRemembered(set).noTarget().text())
                    .append(CHAIN, rule().rememberSource(set, 1).text())
                    .text());
            iptables.restore(new RestoreScript().table(NAT).deleteChain(CHAIN).text());
            return Optional.empty();
        } catch (RestoreException e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            if (e.isSetLookupDenied()) {
                return Optional.of(reason);
            }
            if (e.line().isEmpty()) {
                throw e; // not the rules: the lock, missing privileges, the tool itself
            }
            return Optional.of(reason + " (rules with IP sets take the kernel module xt_set, and CAP_NET_RAW)");
        }
    }
}
