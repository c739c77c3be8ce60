// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import dev.sluice.core.net.IpAddress;

/** Hashes of addresses, the same in every process. */
final class AddressHash {
    private AddressHash() {}

    static long of(IpAddress address) {
        return mix(address.low() + mix(address.high()));
    }

    static long of(IpAddress address, int port) {
        return mix(of(address) + port);
    }

    /**
     * The finalizer of MurmurHash3 (fmix64, public domain): every bit of the result depends on every bit of
     * {@code value}.
     */
    static long mix(long value) {
        long h = value + 0x9e3779b97f4a7c15L;
        h = (h ^ h >>> 33) * 0xff51afd7ed558ccdL;
        h = (h ^ h >>> 33) * 0xc4ceb9fe1a85ec53L;
        return h ^ h >>> 33;
    }
}
