// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Ranges of addresses as sets have them. */
final class Ranges {
    private Ranges() {}

    /** Those of {@code ranges} that are in no other one. */
    static List<Cidr> disjoint(Collection<Cidr> ranges) {
        List<Cidr> widestFirst = ranges.stream()
                .sorted(Comparator.comparingInt(Cidr::length).thenComparing(Cidr::base))
                .toList();
        List<Cidr> disjoint = new ArrayList<>();
        for (Cidr range : widestFirst) {
            if (disjoint.stream().noneMatch(wider -> wider.contains(range.base()))) {
                disjoint.add(range);
            }
        }
        return disjoint;
    }

    /** The last address of {@code range}. */
    static IpAddress last(Cidr range) {
        byte[] bytes = range.base().bytes();
        for (int bit = range.length(); bit < range.family().bits(); bit++) {
            bytes[bit / Byte.SIZE] |= (byte) (0x80 >>> bit % Byte.SIZE);
        }
        return IpAddress.of(bytes);
    }
}
