// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out whether the kernel has a scheduler, by a virtual server at an address of TEST-NET-2 (RFC 5737) that is
 * deleted at once. The kernel loads the scheduler's module if it can. The answer is kept.
 */
public final class SchedulerProbe {
    private static final IpAddress TEST_NET_2 = IpAddress.of("198.51.100.0");
    private static final int FIRST_PORT = 20_000;
    private static final int PORTS = 8;

    private final Ipvs ipvs;
    private final Map<String, Optional<NetlinkException>> answers = new HashMap<>();

    SchedulerProbe(Ipvs ipvs) {
        this.ipvs = ipvs;
    }

    /** Those of {@code schedulers} that the kernel does not have, each with its answer. */
    public Map<String, String> refusals(Set<String> schedulers) throws NetlinkException {
        Map<String, String> refused = new HashMap<>();
        for (String scheduler : schedulers) {
            refusal(scheduler).ifPresent(error -> refused.put(scheduler, String.valueOf(error.getMessage())));
        }
        return refused;
    }

    /** Why the kernel refuses that scheduler; empty when it has it. */
    Optional<NetlinkException> refusal(String scheduler) throws NetlinkException {
        Optional<NetlinkException> known = answers.get(scheduler);
        if (known == null) {
            known = ask(scheduler);
            answers.put(scheduler, known);
        }
        return known;
    }

    /** The scheduler was found in use. */
    void has(String scheduler) {
        answers.put(scheduler, Optional.empty());
    }

    /** Asks again for what was refused, since its module may be there now. */
    public void forgetRefusals() {
        answers.values().removeIf(Optional::isPresent);
    }

    /** Leaves a foreign virtual server at the probe's address alone, and takes another port. */
    private Optional<NetlinkException> ask(String scheduler) throws NetlinkException {
        Optional<NetlinkException> refusal = Optional.empty();
        for (int i = 0; i < PORTS; i++) {
            VirtualServerKey key = new VirtualServerKey(Protocol.TCP, TEST_NET_2, FIRST_PORT + i);
            refusal = send(new AddVirtualServer(new VirtualServer(key, scheduler, 0, 0)));
            if (refusal.isEmpty()) {
                return send(new DeleteVirtualServer(key)).filter(error -> !error.notFound());
            }
            if (!refusal.get().alreadyExists()) {
                return refusal;
            }
        }
        return refusal;
    }

    private Optional<NetlinkException> send(IpvsCommand command) throws NetlinkException {
        return ipvs.apply(List.of(command)).failures().stream()
                .map(Ipvs.Failure::error)
                .findFirst();
    }
}
