// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.nftables.expression.FibLookup;
import java.util.function.Predicate;

/** What the routes say of an address. */
@FunctionalInterface
public interface AddressTypes {
    /** The kernel's number of the type (RTN_*): {@link FibLookup#LOCAL} for an address of this host. */
    int of(IpAddress address);

    /** @param local whether an address is one of the node's; loopback addresses always are */
    static AddressTypes withLocal(Predicate<IpAddress> local) {
        return address -> {
            if (address.isLoopback() || local.test(address)) {
                return FibLookup.LOCAL;
            }
            return isMulticast(address) ? FibLookup.MULTICAST : FibLookup.UNICAST;
        };
    }

    private static boolean isMulticast(IpAddress address) {
        int first = address.bytes()[0] & 0xff;
        return address.family() == IpFamily.IPV4 ? first >>> 4 == 0xe : first == 0xff;
    }
}
