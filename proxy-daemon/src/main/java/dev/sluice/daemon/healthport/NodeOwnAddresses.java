// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's present addresses, or the last known ones when they cannot be read. Used by one thread. */
public final class NodeOwnAddresses implements Supplier<Collection<IpAddress>> {
    private static final Logger LOG = LoggerFactory.getLogger(NodeOwnAddresses.class);

    private final Links links;
    private Collection<IpAddress> known = List.of();

    /** @param links the caller closes it */
    public NodeOwnAddresses(Links links) {
        this.links = links;
    }

    @Override
    public Collection<IpAddress> get() {
        try {
            known = links.addresses().stream().map(Links.LinkAddress::address).toList();
        } catch (NetlinkException e) {
            LOG.atWarn()
                    .addKeyValue("addresses", known)
                    .addKeyValue("cause", e.getMessage())
                    .log("the node's addresses cannot be read, going on with those known");
        }
        return known;
    }
}
