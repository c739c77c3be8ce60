package dev.sluice.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.routing.RoutingTable;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nine steps of ten seconds each. */
class SlowStartTest {
    private static final IpAddress ANY = IpAddress.of("127.0.0.1");

    private final FakeNode node = new FakeNode(IpFamily.IPV4);
    private long now = 5;
    private final ServiceBook book = new ServiceBook(new RoutingTable(IpFamily.IPV4), node.engine, () -> now);

    @AfterEach
    void close() {
        node.close();
    }

    private static ResolvedPort web(Map<String, String> annotations, Integer... endpoints) {
        List<Endpoint> list = Arrays.stream(endpoints)
                .map(n -> Endpoints.remote("10.244.1." + n, 8080))
                .toList();
        return Endpoints.resolved(
                ServicePorts.tcp("shop/web", "10.96.0.1", 80)
                        .annotations(annotations)
                        .build(),
                list);
    }

    private List<Integer> weights(ResolvedPort port) {
        book.update(port.name(), port, ANY, new PendingChange());
        UpstreamPool pool = Objects.requireNonNull(book.state(port.name())).live().reachable();
        return IntStream.range(0, pool.size()).mapToObj(pool::weight).toList();
    }

    private static ResolvedPort slow(Integer... endpoints) {
        return web(Map.of("sluice.dev/scheduler", "wlc", "sluice.dev/slow-start", "90s"), endpoints);
    }

    private void pass(int seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }

    @Test
    void whoComesLaterRisesInSteps() {
        assertThat(weights(slow(1))).containsExactly(10);
        assertThat(book.nextStep()).isEmpty();
        assertThat(weights(slow(1, 2))).containsExactly(10, 1);
        assertThat(book.nextStep()).contains(Duration.ofSeconds(10));
        assertThat(book.due()).isEmpty();
        pass(10);
        assertThat(book.due()).hasSize(1);
        assertThat(weights(slow(1, 2))).containsExactly(10, 2);
        pass(79);
        assertThat(weights(slow(1, 2))).containsExactly(10, 9);
        pass(1);
        assertThat(weights(slow(1, 2))).containsExactly(10, 10);
        assertThat(book.nextStep()).isEmpty();
    }

    @Test
    void theSettingMayComeAndGo() {
        ResolvedPort plain = web(Map.of("sluice.dev/scheduler", "wlc"), 1, 2);
        assertThat(weights(plain)).containsExactly(1, 1);
        assertThat(weights(slow(1, 2))).as("nobody is new").containsExactly(10, 10);
        assertThat(weights(slow(1, 2, 3))).containsExactly(10, 10, 1);
        assertThat(weights(web(Map.of("sluice.dev/scheduler", "wlc"), 1, 2, 3))).containsExactly(1, 1, 1);
        assertThat(book.nextStep()).isEmpty();
    }

    @Test
    void aServiceThatGoesIsForgotten() {
        weights(slow(1));
        weights(slow(1, 2));
        book.update(slow().name(), null, ANY, new PendingChange());
        assertThat(book.nextStep()).isEmpty();
    }
}
