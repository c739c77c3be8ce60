// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static dev.sluice.iptables.render.SharedChains.FIREWALL;
import static dev.sluice.linux.rules.ConnectionState.DNAT;
import static dev.sluice.linux.rules.ConnectionState.ESTABLISHED;
import static dev.sluice.linux.rules.ConnectionState.RELATED;
import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The chain that keeps neighbours from reaching 127.0.0.0/8 while the kernel routes such packets (CVE-2020-8558).
 *
 * <p>kubelet keeps the same chain with the same rule. Therefore only missing rules are added and nothing is rewritten.
 * Our jumps carry a comment and kubelet's have none, so clean-up can see whether kubelet still needs the chain.
 */
public final class LoopbackGuard {
    public static final List<String> HOOKS = List.of("INPUT", "OUTPUT");
    private static final String JUMP =
            rule().comment("block incoming localnet connections").jump(FIREWALL).text();

    private LoopbackGuard() {}

    /** The rule that drops packets to 127.0.0.0/8 from outside. */
    public static String dropRule() {
        Cidr loopback = Cidr.loopback(IpFamily.IPV4);
        return rule().to(loopback)
                .notFrom(loopback)
                .comment("block incoming localnet connections")
                .notState(RELATED, ESTABLISHED, DNAT)
                .drop()
                .text();
    }

    /** Whether {@code filter} has our jumps. */
    public static boolean isOurs(SavedTable filter) {
        return HOOKS.stream().anyMatch(hook -> filter.rules(hook).contains(JUMP));
    }

    /** Adds the guard to an otherwise complete table, as on a host without kubelet. */
    public static void addTo(Map<String, List<String>> filter) {
        HOOKS.forEach(
                hook -> filter.computeIfAbsent(hook, name -> new ArrayList<>()).addFirst(JUMP));
        filter.put(FIREWALL, List.of(dropRule()));
    }

    /** Adds the missing rules of the guard. */
    public static void install(SavedTable filter, RestoreScript out) {
        if (!filter.has(FIREWALL)) {
            out.declare(FIREWALL);
        }
        if (!filter.rules(FIREWALL).contains(dropRule())) {
            out.append(FIREWALL, dropRule());
        }
        for (String hook : HOOKS) {
            if (filter.rules(hook).stream().noneMatch(LoopbackGuard::jumpsHere)) {
                out.insert(hook, 1, JUMP);
            }
        }
    }

    /** Removes our jumps, and the chain unless foreign rules jump to it. Does nothing without our jumps. */
    public static void remove(SavedTable filter, RestoreScript out) {
        if (!isOurs(filter)) {
            return;
        }
        for (String hook : HOOKS) {
            filter.rules(hook).stream().filter(JUMP::equals).forEach(jump -> out.delete(hook, jump));
        }
        if (!isShared(filter)) {
            out.deleteChain(FIREWALL);
        }
    }

    /** Whether foreign rules jump to the chain. */
    public static boolean isShared(SavedTable filter) {
        return filter.chains().stream()
                .flatMap(chain -> filter.rules(chain).stream())
                .anyMatch(spec -> jumpsHere(spec) && !spec.equals(JUMP));
    }

    private static boolean jumpsHere(String spec) {
        return RuleLine.target(spec).filter(FIREWALL::equals).isPresent();
    }
}
