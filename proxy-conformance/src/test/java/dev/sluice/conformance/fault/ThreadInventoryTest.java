// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadInventoryTest {

    @Test
    void findsTheThreadsThatTheCodeNames() throws IOException {
        assertThat(ThreadInventory.ofTheCode())
                .contains("sluice-sync", "manifests", "events", "sluice-repair", "sluice-health-ports");
    }

    @Test
    void aThreadIsMissingWhereNoNameMatches() {
        List<String> documented = List.of("api-N", "sluice-proxy-N-N", "sluice-metrics/*", "Notification Thread");

        assertThat(ThreadInventory.missing(
                        List.of("api-12", "sluice-proxy-1-2", "sluice-metrics/configz", "Notification Thread"),
                        documented))
                .isEmpty();
        assertThat(ThreadInventory.missing(List.of("api-", "api-x", "sluice-metrics", "another"), documented))
                .containsExactly("another", "api-", "api-x", "sluice-metrics");
    }
}
