// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class RangesTest {
    @Test
    void rangesWithinOthersAreLeftOut() {
        List<Cidr> ranges = List.of(
                Cidr.of("10.1.0.0/16"), Cidr.of("192.0.2.7/32"), Cidr.of("10.0.0.0/8"), Cidr.of("192.0.2.7/32"));

        assertThat(Ranges.disjoint(ranges)).containsExactly(Cidr.of("10.0.0.0/8"), Cidr.of("192.0.2.7/32"));
        assertThat(Ranges.disjoint(List.of(Cidr.of("0.0.0.0/0"), Cidr.of("10.0.0.0/8"))))
                .containsExactly(Cidr.of("0.0.0.0/0"));
    }

    @Test
    void aRangeEndsWithItsLastAddress() {
        assertThat(Ranges.last(Cidr.of("10.0.0.0/9"))).isEqualTo(IpAddress.of("10.127.255.255"));
        assertThat(Ranges.last(Cidr.of("192.0.2.7/32"))).isEqualTo(IpAddress.of("192.0.2.7"));
        assertThat(Ranges.last(Cidr.of("2001:db8::/33")))
                .isEqualTo(IpAddress.of("2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"));
    }
}
