package dev.sluice.daemon.repair;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.route.LinkMonitor;
import dev.sluice.linux.rulewatch.ForeignEdit;
import dev.sluice.linux.rulewatch.RuleWatch;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Beside a watch of rules, notices when somebody else changes the addresses that ipvs mode lives by, or their device. */
public final class AddressWatch implements RuleWatch {
    private static final Set<KernelObject> DEVICE = Set.of(new KernelObject("addresses", "kube-ipvs0"));

    private final RuleWatch rules;
    private final LinkMonitor monitor;

    private AddressWatch(RuleWatch rules, LinkMonitor monitor) {
        this.rules = rules;
        this.monitor = monitor;
    }

    /**
     * Watches the calling thread's network namespace; closes {@code rules} with itself, or when it cannot watch.
     *
     * @param foreign by family, whether a change is somebody else's and matters; asked on the watch's thread
     */
    public static AddressWatch open(
            RuleWatch rules, Map<IpFamily, Predicate<LinkChange>> foreign, Consumer<ForeignEdit> noticed)
            throws NetlinkException {
        try {
            return new AddressWatch(rules, LinkMonitor.open(change -> tell(change, foreign, noticed)));
        } catch (NetlinkException e) {
            rules.close();
            throw e;
        }
    }

    private static void tell(
            LinkChange change, Map<IpFamily, Predicate<LinkChange>> foreign, Consumer<ForeignEdit> noticed) {
        foreign.forEach((family, isForeign) -> {
            if (isForeign.test(change)) {
                noticed.accept(new ForeignEdit(family, "", false, DEVICE));
            }
        });
    }

    @Override
    public String means() {
        return rules.means() + ", addresses by rtnetlink";
    }

    @Override
    public boolean missedNothing() {
        return rules.missedNothing();
    }

    @Override
    public void close() {
        monitor.close();
        rules.close();
    }
}
