// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The applied and the desired state of one service port in a sync.
 *
 * @param before null when it is new
 * @param desired null when it is to be removed
 */
public record PortChange(
        ServicePortName name,
        @Nullable PortState before,
        @Nullable DesiredPort desired) {

    /** Whether it is to have a UDP socket. */
    public boolean needsUdpSocket() {
        return desired != null && desired.redirection().needsUdpSocket();
    }

    /** The UDP socket that it has and keeps, null when it needs another one or none. */
    public @Nullable SocketAddress keptUdpSocket(IpAddress proxyAddress) {
        SocketAddress present = before == null ? null : before.udpSocket();
        return present != null && needsUdpSocket() && present.address().equals(proxyAddress) ? present : null;
    }
}
