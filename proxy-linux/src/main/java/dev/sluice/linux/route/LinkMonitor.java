// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSubscription;
import dev.sluice.linux.route.AddressMessages.Reported;
import dev.sluice.linux.route.LinkChange.AddressDeleted;
import dev.sluice.linux.route.LinkChange.AddressSet;
import dev.sluice.linux.route.LinkChange.LinkDeleted;
import dev.sluice.linux.route.LinkChange.LinkSet;
import dev.sluice.linux.route.LinkChange.Lost;
import java.util.function.Consumer;

/**
 * Watches the links and addresses of a network namespace. Open it before the first listing, so that no change is
 * missed.
 */
public final class LinkMonitor implements AutoCloseable {
    /** AF_BRIDGE: a bridge reports its ports in messages of the same type. */
    private static final int BRIDGE = 7;

    private final NetlinkSubscription subscription;

    private LinkMonitor(NetlinkSubscription subscription) {
        this.subscription = subscription;
    }

    /** Watches the calling thread's network namespace; {@code changed} is called on the monitor's own thread. */
    public static LinkMonitor open(Consumer<LinkChange> changed) throws NetlinkException {
        return new LinkMonitor(NetlinkSubscription.open(
                Netlink.ROUTE,
                new RouteProtocol(),
                "link-monitor",
                new Translator(changed),
                RouteProtocol.GROUP_LINK,
                RouteProtocol.GROUP_IPV4_ADDRESS,
                RouteProtocol.GROUP_IPV6_ADDRESS));
    }

    @Override
    public void close() {
        subscription.close();
    }

    /** Translates messages into changes. */
    private record Translator(Consumer<LinkChange> changed) implements NetlinkSubscription.Listener {
        @Override
        public void heard(Message message) throws NetlinkException {
            switch (message.type()) {
                case RouteProtocol.NEW_LINK -> {
                    if (message.u8(0) != BRIDGE) {
                        changed.accept(new LinkSet(LinkMessages.read(message)));
                    }
                }
                case RouteProtocol.DELETE_LINK -> {
                    if (message.u8(0) != BRIDGE) {
                        changed.accept(new LinkDeleted(LinkMessages.read(message)));
                    }
                }
                case RouteProtocol.NEW_ADDRESS, RouteProtocol.DELETE_ADDRESS -> address(message);
                default -> {}
            }
        }

        private void address(Message message) throws NetlinkException {
            Reported reported = AddressMessages.read(message);
            if (reported == null) {
                return;
            }
            changed.accept(
                    message.type() == RouteProtocol.NEW_ADDRESS
                            ? new AddressSet(reported.linkIndex(), reported.address(), reported.prefixLength())
                            : new AddressDeleted(reported.linkIndex(), reported.address(), reported.prefixLength()));
        }

        @Override
        public void lost() {
            changed.accept(new Lost());
        }
    }
}
