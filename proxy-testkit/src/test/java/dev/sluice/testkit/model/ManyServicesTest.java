// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ManyServicesTest {

    @Test
    void everyServiceHasAnAddressOfItsOwnInTheRange() {
        Set<IpAddress> seen = new HashSet<>();
        for (int i = 0; i < 1 << 20; i++) {
            assertThat(seen.add(ManyServices.clusterIp(i))).as("number %d", i).isTrue();
        }
        assertThat(Cidr.of("10.96.0.0/12").contains(ManyServices.clusterIp(12_345)))
                .isTrue();
    }

    @Test
    void theFirstThousandAreSpreadOverTheWholeRange() {
        Set<Integer> sixteenths = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            sixteenths.add(ManyServices.clusterIp(i).toInetAddress().getAddress()[1] & 0xff);
        }
        assertThat(sixteenths).hasSize(16);
    }
}
