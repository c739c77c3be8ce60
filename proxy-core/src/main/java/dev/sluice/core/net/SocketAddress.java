// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

/** An address and a port, of whatever protocol. Prints as {@code 10.0.0.1:80} or {@code [fd00::1]:80}. */
public record SocketAddress(IpAddress address, int port) {

    /** Endpoints are keys of large maps, and the method that a record gets takes several times as long. */
    @Override
    public int hashCode() {
        return address.hashCode() * 31 + port;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SocketAddress that && port == that.port && address.equals(that.address);
    }

    @Override
    public String toString() {
        return address.withPort(port);
    }
}
