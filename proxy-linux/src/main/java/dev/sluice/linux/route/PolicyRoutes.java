// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;

/** Policy routing of the network namespace that it was opened in. Implemented over rtnetlink, and by a fake. */
public interface PolicyRoutes extends AutoCloseable {

    /**
     * Packets with a firewall mark that are for this host, whatever their destination: a rule, and a table with one
     * local route.
     *
     * @param mark what the bits of {@code mask} must be
     * @param table the number of the table, which has no other route
     * @param priority of the rule; a smaller one is looked at first
     */
    record MarkedDelivery(IpFamily family, int mark, int mask, int table, int priority) {}

    /**
     * Adds what is missing of {@code delivery}.
     *
     * @return whether any of it was missing
     */
    boolean add(MarkedDelivery delivery) throws NetlinkException;

    /**
     * Removes {@code delivery}.
     *
     * @return whether any of it was there
     */
    boolean remove(MarkedDelivery delivery) throws NetlinkException;

    @Override
    void close();
}
