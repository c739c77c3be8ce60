package dev.sluice.ipvs.sync;

import dev.sluice.ipvs.kernel.RuleWriter;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;

/**
 * Carries one difference between what is wanted and what is in force into the kernel, in an order that never shows a
 * Service half made: set elements, virtual servers with their destinations, then the addresses; and backwards for what
 * goes. What the kernel refuses is charged to its service port and kept for the next sync; the rest goes on.
 */
public final class StateWriter {
    private final MemberWriter members;
    private final ServerWriter servers;
    private final AddressWriter addresses;
    private final RuleWriter rules;
    private final KernelUpdate run;

    StateWriter(
            MemberWriter members, ServerWriter servers, AddressWriter addresses, RuleWriter rules, KernelUpdate run) {
        this.members = members;
        this.servers = servers;
        this.addresses = addresses;
        this.rules = rules;
        this.run = run;
    }

    /** Fills the sets: what the fixed rules need to know before any packet meets a new virtual server. */
    void addMembers() throws NetlinkException {
        members.addMissing();
    }

    /** Makes what is wanted live, then takes down what is not. */
    void serveAndRetire() throws KernelException {
        servers.serve();
        addresses.bindMissing();
        run.charge(rules.replace(run.desired().shortCircuits()));
        addresses.unbindStale();
        servers.retire();
        members.deleteStale();
    }
}
