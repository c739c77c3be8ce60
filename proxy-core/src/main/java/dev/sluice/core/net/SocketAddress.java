// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

/** An address and a port, of whatever protocol. Prints as {@code 10.0.0.1:80} or {@code [fd00::1]:80}. */
public record SocketAddress(IpAddress address, int port) {

    @Override
    public String toString() {
        return address.withPort(port);
    }
}
