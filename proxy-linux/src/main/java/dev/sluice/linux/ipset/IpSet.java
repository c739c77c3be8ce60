// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.core.net.IpFamily;

/**
 * An IP set: its name, and the properties that it is created with.
 *
 * @param name at most 31 characters
 * @param family ignored by {@link Type#BITMAP_PORT}
 * @param maxElements of hash types; bitmap types hold the ports 0 to 65535
 * @param buckets of hash types, a power of two: 8 bytes each. The kernel adds buckets when elements are added over
 *     netlink, but not when rules add them; a bucket holds 12 elements then, and what finds it full is not added
 * @param expiring whether elements may have a time-out
 */
public record IpSet(String name, Type type, IpFamily family, int maxElements, int buckets, boolean expiring) {
    private static final int BUCKETS = 1024;

    /** A set whose elements stay until they are deleted. */
    public IpSet(String name, Type type, IpFamily family, int maxElements) {
        this(name, type, family, maxElements, BUCKETS, false);
    }

    /** A hash set with room for 65,536 elements. */
    public static IpSet of(String name, Type type, IpFamily family) {
        return new IpSet(name, type, family, 65_536);
    }

    /** The element types that the modes use. */
    public enum Type {
        HASH_IP("hash:ip"),
        HASH_IP_PORT("hash:ip,port"),
        HASH_IP_PORT_IP("hash:ip,port,ip"),
        HASH_IP_PORT_NET("hash:ip,port,net"),
        BITMAP_PORT("bitmap:port");

        private final String kernelName;

        Type(String kernelName) {
            this.kernelName = kernelName;
        }

        public String kernelName() {
            return kernelName;
        }
    }
}
