// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.ipvs.rules.ServiceRules;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;

/**
 * Carries an update into the kernel in an order in which no packet ever meets an incomplete Service: set elements,
 * virtual servers with their real servers, then the addresses; stale objects are removed in the reverse order. What the
 * kernel refuses does not stop the rest.
 */
public final class StateWriter {
    private final KernelUpdate update;
    private final MemberWriter members;
    private final ServerWriter servers;
    private final AddressWriter addresses;
    private final RuleWriter rules;

    /** @param nowSeconds the kernel's uptime, which is written to real servers that begin to drain */
    public StateWriter(IpvsKernel kernel, KernelUpdate update, long nowSeconds) {
        this.update = update;
        members = new MemberWriter(kernel.family(), kernel.sets(), update);
        servers = new ServerWriter(kernel.ipvs(), update, nowSeconds);
        addresses = new AddressWriter(kernel.dummy(), update);
        rules = kernel.rules();
    }

    /** Fills the sets: the fixed rules need their elements before any packet meets a new virtual server. */
    public void addMembers() throws NetlinkException {
        members.addMissing();
    }

    /** As {@link #ensureRules}, for every table but nat. */
    public void ensureFilters() throws KernelException {
        update.charge(rules.ensureFilters(serviceRules()));
    }

    /** Reads all rules, and repairs what differs. */
    public void ensureRules() throws KernelException {
        update.charge(rules.ensure(serviceRules()));
    }

    /**
     * Applies all that is desired, then removes what is stale. Unbound portals are added after their rules and deleted
     * before the rules that are right without them only: a rule for all addresses of a port would direct them, too.
     */
    public void serveAndRemoveStale() throws KernelException {
        servers.serve();
        addresses.bindMissing();
        update.charge(rules.replace(serviceRules()));
        members.addUnbound();
        addresses.unbindStale();
        servers.deleteStale();
        members.deleteStale();
        update.charge(rules.replace(serviceRules()));
    }

    private ServiceRules serviceRules() {
        return update.desired().serviceRules().with(members.staleUnbound(), rules.written());
    }
}
