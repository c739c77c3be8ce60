// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.route.Links.Link;

/** A notification of the kernel about a link or an address. */
public sealed interface LinkChange {

    /** A link is new, or one of its properties changed. */
    record LinkSet(Link link) implements LinkChange {}

    record LinkDeleted(Link link) implements LinkChange {}

    /** An address is new, or one of its properties changed. */
    record AddressSet(int linkIndex, IpAddress address, int prefixLength) implements LinkChange {}

    record AddressDeleted(int linkIndex, IpAddress address, int prefixLength) implements LinkChange {}

    /** Notifications were lost: list everything again. */
    record Lost() implements LinkChange {}
}
