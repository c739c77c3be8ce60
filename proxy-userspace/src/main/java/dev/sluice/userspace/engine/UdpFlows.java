// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.socket.DatagramBatch;
import dev.sluice.linux.socket.DatagramPeer;
import dev.sluice.userspace.routing.PortBalancer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The flows of one UDP socket, by client and by service port. */
final class UdpFlows {
    /** Who has sent least recently first. */
    private final LinkedHashMap<DatagramPeer, UdpFlow> byClient = new LinkedHashMap<>(16, 0.75f, true);

    private final IdentityHashMap<PortBalancer, Set<UdpFlow>> byPort = new IdentityHashMap<>();

    private final DatagramPeer sender = new DatagramPeer();

    /** The flow of the sender of a datagram, who has sent most recently now. */
    @Nullable
    UdpFlow use(DatagramBatch batch, int place) {
        batch.sender(place, sender);
        return byClient.get(sender);
    }

    /** The sender of a datagram, as the key of a new flow. */
    DatagramPeer sender(DatagramBatch batch, int place) {
        batch.sender(place, sender);
        return sender.copy();
    }

    boolean contains(UdpFlow flow) {
        return of(flow.balancer()).contains(flow);
    }

    void add(UdpFlow flow) {
        byClient.put(flow.client(), flow);
        byPort.computeIfAbsent(flow.balancer(), any -> new LinkedHashSet<>()).add(flow);
    }

    /** Returns whether it was there. */
    boolean remove(UdpFlow flow) {
        if (!byClient.remove(flow.client(), flow)) {
            return false;
        }
        byPort.computeIfPresent(flow.balancer(), (port, flows) -> {
            flows.remove(flow);
            return flows.isEmpty() ? null : flows;
        });
        return true;
    }

    /** The flows of a service port. */
    Collection<UdpFlow> of(PortBalancer balancer) {
        return byPort.getOrDefault(balancer, Set.of());
    }

    List<UdpFlow> all() {
        return List.copyOf(byClient.values());
    }

    /** The flows without a datagram since {@code time}, of {@link System#nanoTime}. */
    List<UdpFlow> idleSince(long time) {
        List<UdpFlow> idle = new ArrayList<>();
        for (UdpFlow flow : byClient.values()) {
            if (flow.lastRequest() - time > 0) {
                break;
            }
            if (flow.lastReply() - time <= 0) {
                idle.add(flow);
            }
        }
        return idle;
    }
}
