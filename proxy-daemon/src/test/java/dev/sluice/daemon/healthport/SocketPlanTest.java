// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SocketPlanTest {
    private static final Set<IpFamily> BOTH = EnumSet.allOf(IpFamily.class);
    private static final Set<IpFamily> ONLY_4 = EnumSet.of(IpFamily.IPV4);
    private static final List<IpAddress> OWN =
            addresses("127.0.0.1", "192.168.10.1", "192.168.20.1", "::1", "fd00:10::1", "fe80::1");

    @Test
    void onAllAddressesOneSocketServesBothFamilies() {
        SocketPlan binding = binding();
        assertThat(texts(binding, BOTH)).containsExactly("::");
        assertThat(texts(binding, EnumSet.of(IpFamily.IPV6))).containsExactly("::");
        assertThat(texts(binding, ONLY_4)).containsExactly("0.0.0.0");
        assertThat(binding.standIn(binding.sockets(BOTH, OWN).getFirst(), BOTH))
                .hasValueSatisfying(socket -> assertThat(socket.address()).hasToString("0.0.0.0"));
        assertThat(binding.standIn(binding.sockets(ONLY_4, OWN).getFirst(), ONLY_4))
                .isEmpty();
    }

    @Test
    void onRangesEachAddressHasItsSocket() {
        SocketPlan binding = binding("192.168.10.0/24", "127.0.0.0/8", "fd00::/8", "fe80::/10");
        assertThat(texts(binding, BOTH)).containsExactly("127.0.0.1", "192.168.10.1", "fd00:10::1");
        assertThat(texts(binding, ONLY_4)).containsExactly("127.0.0.1", "192.168.10.1");
        assertThat(binding.isRestricted()).isTrue();
        assertThat(binding.allows(IpAddress.of("192.168.20.1"))).isFalse();
    }

    @Test
    void rangesOfOneFamilyDoNotBindTheOther() {
        SocketPlan binding = binding("192.168.10.0/24");
        assertThat(texts(binding, ONLY_4)).containsExactly("192.168.10.1");
        assertThat(texts(binding, BOTH)).containsExactly("::");
        assertThat(binding.allows(IpAddress.of("192.168.20.1")))
                .as("the socket for both families turns IPv4 outside of its range away")
                .isFalse();
    }

    private static SocketPlan binding(String... ranges) {
        List<Cidr> cidrs =
                Arrays.stream(ranges).map(r -> Cidr.parse(r).orElseThrow()).toList();
        return new SocketPlan(Map.of(
                IpFamily.IPV4, NodePortAddresses.of(IpFamily.IPV4, cidrs),
                IpFamily.IPV6, NodePortAddresses.of(IpFamily.IPV6, cidrs)));
    }

    private static List<String> texts(SocketPlan binding, Set<IpFamily> families) {
        return binding.sockets(families, OWN).stream()
                .map(socket -> socket.address().toString())
                .toList();
    }

    private static List<IpAddress> addresses(String... texts) {
        return Arrays.stream(texts).map(IpAddress::of).toList();
    }
}
