// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.KernelException;
import dev.sluice.userspace.engine.EngineException;
import dev.sluice.userspace.engine.UdpSockets;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RoutingTable;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The UDP sockets that the rules of one family redirect to, which follow the address of the node. */
public final class UdpReceivers {
    private final RoutingTable table;
    private final UserspaceEngine engine;
    private @Nullable UdpSockets open;
    /** On the address that the rules redirect to until they are replaced. */
    private @Nullable UdpSockets former;

    public UdpReceivers(RoutingTable table, UserspaceEngine engine) {
        this.table = table;
        this.engine = engine;
    }

    /** Finds the port that rules in force lead datagrams to. */
    @FunctionalInterface
    public interface PortInForce {
        /** @return 0 for none */
        int on(IpAddress address) throws KernelException;
    }

    /**
     * Opens sockets on {@code address}, unless they are open. Those on another address stay until {@link #closeFormer}.
     *
     * @param inForce the port of the last process, which is taken if it is free: its flows go on, and none is refused
     * @return why there are none, null when there are
     */
    public @Nullable String open(IpAddress address, PortInForce inForce) throws KernelException {
        UdpSockets present = open;
        if (present != null && present.address().address().equals(address)) {
            return null;
        }
        SocketAddress wanted = new SocketAddress(address, inForce.on(address));
        former = present;
        open = null;
        try {
            open = engine.openUdp(table, wanted);
            return null;
        } catch (EngineException e) {
            return String.valueOf(e.getMessage());
        }
    }

    public void closeFormer() {
        if (former != null) {
            former.close();
            former = null;
        }
    }

    /** What the rules redirect to, empty when there are no sockets. */
    public Optional<SocketAddress> address() {
        return Optional.ofNullable(open).map(UdpSockets::address);
    }

    public int count() {
        return open == null ? 0 : open.count();
    }

    /** As {@link UdpSockets#portsChanged}. */
    void portsChanged(Collection<PortBalancer> balancers) {
        if (open != null) {
            open.portsChanged(balancers);
        }
    }

    public void close() {
        closeFormer();
        if (open != null) {
            open.close();
            open = null;
        }
    }
}
