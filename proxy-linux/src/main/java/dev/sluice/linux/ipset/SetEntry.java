// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;

/** An element of an IP set, one record for each {@link IpSet.Type}; prints as {@code ipset list} does. */
public sealed interface SetEntry {

    /** Of {@code hash:ip}. */
    record Ip(IpAddress address) implements SetEntry {
        @Override
        public String toString() {
            return address.toString();
        }
    }

    /** Of {@code hash:ip,port}. */
    record IpPort(IpAddress address, Protocol protocol, int port) implements SetEntry {
        @Override
        public String toString() {
            return address + "," + protocol.lowerCase() + ":" + port;
        }
    }

    /** Of {@code hash:ip,port,ip}. */
    record IpPortIp(IpAddress address, Protocol protocol, int port, IpAddress second) implements SetEntry {
        @Override
        public String toString() {
            return address + "," + protocol.lowerCase() + ":" + port + "," + second;
        }
    }

    /** Of {@code hash:ip,port,net}. A prefix of length 0 is refused by the kernel. */
    record IpPortNet(IpAddress address, Protocol protocol, int port, Cidr net) implements SetEntry {
        @Override
        public String toString() {
            return address + "," + protocol.lowerCase() + ":" + port + "," + net;
        }
    }

    /** Of {@code bitmap:port}. */
    record Port(int port) implements SetEntry {
        @Override
        public String toString() {
            return Integer.toString(port);
        }
    }
}
