// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.namespace.IpCommand;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.route.LinkChange.AddressDeleted;
import dev.sluice.linux.route.LinkChange.AddressSet;
import dev.sluice.linux.route.LinkChange.LinkDeleted;
import dev.sluice.linux.route.LinkChange.LinkSet;
import dev.sluice.linux.route.LinkChange.Lost;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the real kernel, in a namespace. */
@RootOnly
@Timeout(60)
@Tag("slow")
final class LinkMonitorTest {
    private static final IpAddress V4 = IpAddress.of("10.96.0.1");
    private static final IpAddress V6 = IpAddress.of("fd00:96::1");

    @Test
    void changesAreAnnounced() throws Exception {
        List<LinkChange> heard = new CopyOnWriteArrayList<>();
        try (NetworkNamespace namespace = NetworkNamespace.create("monitor");
                LinkMonitor monitor = namespace.call(() -> LinkMonitor.open(heard::add));
                NetlinkLinks links = namespace.call(NetlinkLinks::open)) {
            IpCommand.run(namespace, "link add br0 type bridge");
            int index = links.link("br0").orElseThrow().index();
            links.addAddresses("br0", List.of(V4, V6));
            // The kernel sends the notification of an IPv6 address from a work queue; there is none for an address that
            // is deleted before that.
            awaitThat(() -> assertThat(heard)
                    .anyMatch(change ->
                            change instanceof LinkSet(var link) && link.name().equals("br0"))
                    .contains(new AddressSet(index, V4, 32), new AddressSet(index, V6, 128)));
            links.deleteAddresses("br0", List.of(V4));
            links.deleteLink("br0");
            awaitThat(() -> assertThat(heard)
                    .contains(new AddressDeleted(index, V4, 32))
                    .anyMatch(change -> change instanceof LinkDeleted(var link)
                            && link.name().equals("br0")));
            assertThat(monitor).isNotNull();
        }
    }

    /** It ends the work of the thread, which begins again, and what came between is reported as lost. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFailureOfTheListenerLeavesNobodyDeaf(boolean overflow) throws Exception {
        List<LinkChange> heard = new CopyOnWriteArrayList<>();
        AtomicBoolean failed = new AtomicBoolean();
        try (NetworkNamespace namespace = NetworkNamespace.create("monitor");
                LinkMonitor monitor = namespace.call(() -> LinkMonitor.open(change -> {
                    if (!failed.getAndSet(true)) {
                        String words = "a listener that fails on purpose";
                        if (overflow) {
                            throw new StackOverflowError(words);
                        }
                        throw new IllegalStateException(words);
                    }
                    heard.add(change);
                }));
                NetlinkLinks links = namespace.call(NetlinkLinks::open)) {
            IpCommand.run(namespace, "link add br0 type bridge");
            awaitThat(() -> assertThat(heard).hasAtLeastOneElementOfType(Lost.class));
            links.deleteLink("br0");
            awaitThat(() -> assertThat(heard).hasAtLeastOneElementOfType(LinkDeleted.class));
            assertThat(monitor).isNotNull();
        }
    }

    @Test
    void closingDoesNotWaitForThePauseAfterAFailure() throws Exception {
        CountDownLatch failing = new CountDownLatch(4); // pauses of 1, 2 and 4 seconds, and then of 8
        List<Thread> threads = new CopyOnWriteArrayList<>();
        try (NetworkNamespace namespace = NetworkNamespace.create("monitor")) {
            LinkMonitor monitor = namespace.call(() -> LinkMonitor.open(change -> {
                threads.add(Thread.currentThread());
                failing.countDown();
                throw new StackOverflowError("a listener that fails on purpose");
            }));
            IpCommand.run(namespace, "link add br0 type bridge");
            assertThat(failing.await(30, TimeUnit.SECONDS)).isTrue();
            long begin = System.nanoTime();
            monitor.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
            assertThat(threads.getFirst().isAlive()).isFalse();
        }
    }

    @Test
    void closedMonitorHearsNothingAndItsThreadIsGone() throws Exception {
        List<LinkChange> heard = new CopyOnWriteArrayList<>();
        List<Thread> threads = new CopyOnWriteArrayList<>();
        try (NetworkNamespace namespace = NetworkNamespace.create("monitor")) {
            LinkMonitor monitor = namespace.call(() -> LinkMonitor.open(change -> {
                threads.add(Thread.currentThread());
                heard.add(change);
            }));
            IpCommand.run(namespace, "link add br0 type bridge");
            awaitThat(() -> assertThat(heard).isNotEmpty());
            monitor.close();
            monitor.close();
            assertThat(threads.getFirst().getName()).isEqualTo("link-monitor");
            assertThat(threads.getFirst().isAlive()).isFalse();
        }
    }

    @Test
    void listenerMayCloseTheMonitor() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        LinkMonitor[] monitor = new LinkMonitor[1];
        CountDownLatch opened = new CountDownLatch(1);
        try (NetworkNamespace namespace = NetworkNamespace.create("monitor")) {
            monitor[0] = namespace.call(() -> LinkMonitor.open(change -> {
                try {
                    opened.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                monitor[0].close();
                closed.countDown();
            }));
            opened.countDown();
            IpCommand.run(namespace, "link add br0 type bridge");
            assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void awaitThat(org.awaitility.core.ThrowingRunnable assertion) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(assertion);
    }
}
