// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.restart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.source.NodeObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PodCidrWatchTest {
    private final List<String> told = new ArrayList<>();
    private final PodCidrWatch watch = new PodCidrWatch(List.of("10.244.1.0/24"), told::add);

    @Test
    void otherRangesAreToldOnce() {
        watch.nodeEvent(node("10.244.1.0/24"));
        assertThat(told).isEmpty();
        watch.nodeEvent(node("10.244.7.0/24"));
        watch.nodeEvent(node("10.244.8.0/24"));
        assertThat(told).singleElement().asString().contains("10.244.7.0/24", "node-a");
    }

    private static NodeObject node(String range) {
        return new NodeObject("node-a", "", List.of(), List.of(), List.of(range), List.of(), false);
    }
}
