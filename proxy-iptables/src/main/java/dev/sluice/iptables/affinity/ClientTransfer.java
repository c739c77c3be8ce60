// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.affinity;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.render.ClientSetNames;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.rules.Match;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps remembered clients when the rules that remember them change: when a Service's time-out is edited, and when
 * sets take the place of the lists of an earlier version or of kube-proxy. Call it before the new rules are written.
 */
public final class ClientTransfer {
    private static final Logger LOG = LoggerFactory.getLogger(ClientTransfer.class);

    private final IpFamily family;
    private final HostSets host;

    public ClientTransfer(IpFamily family, HostSets host) {
        this.family = family;
        this.host = host;
    }

    /**
     * For rules that are to be replaced.
     *
     * @param found rules of one chain, as the kernel has them
     * @param desired the sets that the new rules name, with their time-outs in seconds; they exist
     */
    public void replacing(List<String> found, Map<String, Integer> desired) throws KernelException {
        if (desired.isEmpty()) {
            return;
        }
        for (String spec : found) {
            Optional<Rule> rule = parse(spec);
            if (rule.isPresent() && rule.get().target() instanceof Target.RememberSource before) {
                Integer seconds = desired.get(before.set());
                if (seconds != null) {
                    retime(before.set(), before.seconds(), seconds);
                }
            }
            for (Match match : rule.map(Rule::matches).orElse(List.of())) {
                if (match instanceof Match.RememberSource before && isList(before.list())) {
                    String set = ClientSetNames.of(family, before.list());
                    Integer seconds = desired.get(set);
                    if (seconds != null) {
                        fill(set, before.list(), seconds);
                    }
                }
            }
        }
    }

    private static boolean isList(String name) {
        return ClientSetNames.isOurs(IpFamily.IPV4, name);
    }

    private static Optional<Rule> parse(String spec) {
        try {
            return Optional.of(Rule.parse(spec));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // somebody else's
        }
    }

    /** How long a client has been idle does not change; the others would be kept too long, or forgotten too early. */
    public void retime(String name, int from, int to) throws KernelException {
        if (from == to) {
            return;
        }
        IpSets sets = host.get();
        IpSet set = ClientSetShape.of(family, name, ClientSetShape.BUCKETS);
        List<SetChange> changes = new ArrayList<>();
        sets.listTimes(set).forEach((client, left) -> {
            if (left > 0) {
                int seconds = to - Math.max(0, from - left);
                changes.add(new SetChange(set, client, seconds > 0, Math.max(0, seconds)));
            }
        });
        sets.apply(changes);
    }

    /** A list says nothing of time, so its clients are taken for present ones. */
    private void fill(String name, String list, int seconds) throws KernelException {
        IpSet set = ClientSetShape.of(family, name, ClientSetShape.BUCKETS);
        List<SetChange> changes = new ArrayList<>();
        for (IpAddress client : host.list(list)) {
            if (client.family() == family) {
                changes.add(new SetChange(set, new SetEntry.Ip(client), true, seconds));
            }
        }
        if (!changes.isEmpty()) {
            host.get().apply(changes);
            LOG.debug("{} clients of the list {} are remembered in the set {}", changes.size(), list, name);
        }
    }
}
