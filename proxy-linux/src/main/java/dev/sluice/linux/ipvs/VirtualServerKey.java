// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;

/** The identity of a virtual server: the address, port and protocol that clients use. */
public record VirtualServerKey(Protocol protocol, IpAddress address, int port) {

    public IpFamily family() {
        return address.family();
    }

    /** {@code 10.96.0.1:80/TCP}. */
    @Override
    public String toString() {
        return address.withPort(port) + "/" + protocol;
    }
}
