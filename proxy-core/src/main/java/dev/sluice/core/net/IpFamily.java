// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

/** An address family. Each has its own view of the tracker, its own backend and its own kernel tables. */
public enum IpFamily {
    IPV4("IPv4", 32, 2),
    IPV6("IPv6", 128, 10);

    private final String label;
    private final int bits;
    private final int addressFamily;

    IpFamily(String label, int bits, int addressFamily) {
        this.label = label;
        this.bits = bits;
        this.addressFamily = addressFamily;
    }

    /** {@code IPv4} or {@code IPv6}: the value of the Kubernetes API and of the metric label {@code ip_family}. */
    public String label() {
        return label;
    }

    /** The width of an address in bits: 32 or 128. */
    public int bits() {
        return bits;
    }

    /** The kernel's number of the family: {@code AF_INET} 2 or {@code AF_INET6} 10. */
    public int addressFamily() {
        return addressFamily;
    }

    @Override
    public String toString() {
        return label;
    }
}
