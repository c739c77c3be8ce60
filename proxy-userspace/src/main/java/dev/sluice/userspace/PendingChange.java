package dev.sluice.userspace;

import dev.sluice.linux.iptables.RuleLine;
import java.util.ArrayList;
import java.util.List;

/**
 * What one sync has to do in the kernel, in the order that leaves no gap: new rules, then set elements, then old rules,
 * and last the sockets and routes that nothing leads to any more.
 */
final class PendingChange {
    final SetEdit elements = new SetEdit();
    final List<RuleLine> newRules = new ArrayList<>();
    final List<RuleLine> oldRules = new ArrayList<>();
    private final List<Runnable> last = new ArrayList<>();

    void last(Runnable action) {
        last.add(action);
    }

    void finish() {
        last.forEach(Runnable::run);
    }
}
