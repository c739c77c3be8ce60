// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.EndpointBuilder.endpoint;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.EndpointBuilder;
import dev.sluice.core.fixture.SliceBuilder;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.model.Weight;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EndpointMergerTest {
    private static final ServicePortName HTTP =
            new ServicePortName(new ServiceName("shop", "web"), "http", Protocol.TCP);

    private static List<Endpoint> merge(SliceBuilder... slices) {
        return EndpointMerger.merge(parsed(slices), HTTP, Weight.DEFAULT);
    }

    private static List<Slice> parsed(SliceBuilder... slices) {
        return Arrays.stream(slices)
                .map(s -> SliceParser.parse(s.build(), "node-a").slice().orElseThrow())
                .toList();
    }

    private static SliceBuilder web(int number) {
        return slice("shop/web-" + number, "web").tcp("http", 8080);
    }

    /** What all the orders of arrival agree on: how the only endpoint of that address ends up. */
    private static Endpoint winner(EndpointBuilder... candidates) {
        List<Slice> slices = new ArrayList<>();
        for (int i = 0; i < candidates.length; i++) {
            slices.addAll(parsed(web(i).add(candidates[i])));
        }
        Endpoint winner = null;
        for (int i = 0; i < candidates.length; i++) {
            Collections.rotate(slices, 1);
            for (List<Slice> order : List.of(slices, slices.reversed())) {
                List<Endpoint> merged = EndpointMerger.merge(order, HTTP, Weight.DEFAULT);
                assertThat(merged).hasSize(1);
                assertThat(winner == null || winner.equals(merged.getFirst())).isTrue();
                winner = merged.getFirst();
            }
        }
        if (winner == null) {
            throw new IllegalArgumentException("no candidates");
        }
        return winner;
    }

    private static EndpointBuilder ready() {
        return endpoint("10.0.0.1").conditions(true, true, false);
    }

    private static EndpointBuilder terminating() {
        return endpoint("10.0.0.1").conditions(false, true, true);
    }

    @Test
    void slicesOfOneServiceAreMergedAndSortedAsText() {
        assertThat(merge(web(1).ready("10.0.0.9", "10.0.0.10"), web(2).ready("10.0.0.1")))
                .extracting(Endpoint::toString)
                .containsExactly("10.0.0.10:8080", "10.0.0.1:8080", "10.0.0.9:8080");
    }

    @Test
    void portIsChosenByNameAndProtocol() {
        assertThat(merge(slice("shop/web-1", "web")
                        .tcp("https", 8443)
                        .port("http", "UDP", 53)
                        .port("http", "TCP", 8080)
                        .ready("10.0.0.1")))
                .extracting(Endpoint::toString)
                .containsExactly("10.0.0.1:8080");
    }

    @Test
    void slicesMayDisagreeOnThePortNumber() {
        assertThat(merge(
                        slice("shop/web-1", "web").tcp("http", 8080).ready("10.0.0.1"),
                        slice("shop/web-2", "web").tcp("http", 9090).ready("10.0.0.2")))
                .extracting(Endpoint::toString)
                .containsExactly("10.0.0.1:8080", "10.0.0.2:9090");
    }

    @Test
    void sameAddressWithOtherPortIsAnotherEndpoint() {
        assertThat(merge(
                        slice("shop/web-1", "web").tcp("http", 8080).ready("10.0.0.1"),
                        slice("shop/web-2", "web").tcp("http", 9090).ready("10.0.0.1")))
                .extracting(Endpoint::toString)
                .containsExactly("10.0.0.1:8080", "10.0.0.1:9090");
    }

    @Test
    void notTerminatingBeatsTerminatingWhateverTheOrder() {
        assertThat(winner(ready(), terminating()).terminating()).isFalse();
        assertThat(winner(terminating(), ready(), terminating()).terminating()).isFalse();
    }

    @Test
    void ghostOfAnotherPodLosesToTheNewPod() {
        Endpoint winner =
                winner(endpoint("10.0.0.1").conditions(false, false, true).target("old"), ready().target("new"));
        assertThat(winner.ready()).isTrue();
        assertThat(winner.terminating()).isFalse();
    }

    @Test
    void samePodInTwoSlicesIsTerminatingWhenOneSaysSo() {
        assertThat(winner(ready().target("pod"), terminating().target("pod")).terminating())
                .isTrue();
    }

    @Test
    void newPodBeatsAnOldOneThatMovesBetweenSlices() {
        Endpoint winner = winner(
                ready().target("old"),
                terminating().target("old"),
                endpoint("10.0.0.1")
                        .conditions(false, false, false)
                        .target("new")
                        .node("node-a"));
        assertThat(winner.local()).isTrue();
        assertThat(winner.ready()).isFalse();
    }

    @Test
    void readyBeatsNotReadyAmongTheLiving() {
        assertThat(winner(endpoint("10.0.0.1").conditions(false, true, false), ready())
                        .ready())
                .isTrue();
    }

    @Test
    void equalCandidatesAreDecidedByTheNameOfTheirSlice() {
        assertThat(winner(ready().zoneHints("a"), ready().zoneHints("b")).zoneHints())
                .containsExactly("a");
    }

    @Test
    void duplicateWithinOneSliceIsOneEndpoint() {
        assertThat(merge(web(1).ready("10.0.0.1", "10.0.0.1"))).hasSize(1);
    }

    @Test
    void everyConditionIsCarriedOver() {
        Endpoint endpoint = merge(web(1).add(endpoint("10.0.0.1")
                        .conditions(false, true, true)
                        .node("node-a")
                        .zoneHints("z")
                        .nodeHints("n")))
                .getFirst();
        assertThat(endpoint)
                .isEqualTo(new Endpoint(
                        IpAddress.of("10.0.0.1"), 8080, true, false, true, true, Set.of("z"), Set.of("n")));
    }
}
