// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.userspace.rules.ChainRule;
import dev.sluice.userspace.rules.PortRedirection;
import dev.sluice.userspace.rules.PortalElement;
import dev.sluice.userspace.rules.PortalSets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The state of one service port in the kernel.
 *
 * @param udpSocket the address of its UDP socket, null without one
 */
public record PortState(DesiredPort desired, @Nullable SocketAddress udpSocket) {

    public ServicePortName name() {
        return desired.name();
    }

    public PortRedirection redirection() {
        return desired.redirection();
    }

    /** Its set elements. */
    public Set<PortalElement> elements() {
        if (udpSocket == null) {
            return redirection().elements();
        }
        Set<PortalElement> elements = new LinkedHashSet<>(redirection().elements());
        elements.add(
                new PortalElement(PortalSets.udpSockets(redirection().family()), new SetEntry.Port(udpSocket.port())));
        return elements;
    }

    /** The rules that lead to its UDP socket, none without one. */
    public List<ChainRule> udpRedirects() {
        return udpSocket == null ? List.of() : redirection().udpRedirects(udpSocket);
    }
}
