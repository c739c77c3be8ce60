// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.Progress.Need;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.core.thread.ThreadActivity;
import dev.sluice.daemon.health.HealthPages;
import dev.sluice.daemon.health.HealthProblem;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.health.ProblemCause;
import dev.sluice.daemon.http.PageServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Threads that really hang, watched by a clock of the test. */
@Timeout(120)
class ThreadWatchdogTest {
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final CountDownLatch release = new CountDownLatch(1);
    private final ListAppender<ILoggingEvent> said = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger(ThreadWatchdog.class);
    private long ahead;
    private final ThreadWatchdog watchdog = watchdog(Duration.ofDays(1));

    @BeforeEach
    void listen() {
        said.start();
        log.addAppender(said);
    }

    @AfterEach
    void release() {
        release.countDown();
        log.detachAppender(said);
    }

    private ThreadWatchdog watchdog(Duration longestLimit) {
        return new ThreadWatchdog(
                INTERVAL,
                longestLimit,
                () -> System.nanoTime() + ahead,
                InstantSource.system(),
                ThreadWatchdogTest::activities,
                () -> {});
    }

    private static List<ThreadActivity> activities() {
        return SupervisedThread.activities().stream()
                .filter(activity -> activity.thread().getName().startsWith("watched-"))
                .toList();
    }

    /** A thread that is stuck, and says so by nothing. */
    private void stuck(String name, Need need) {
        SupervisedThread.restarting(name, () -> {
                    try (Progress _ = Progress.begin(need, "some work", LIMIT)) {
                        waitForRelease();
                    }
                    new CountDownLatch(1).await();
                })
                .start();
        await().atMost(Duration.ofSeconds(60))
                .until(() ->
                        activities().stream().anyMatch(a -> a.thread().getName().equals(name) && a.progress() != null));
    }

    private void waitForRelease() throws InterruptedException {
        release.await();
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            ahead += INTERVAL.toNanos();
            watchdog.look();
        }
    }

    private List<HealthProblem> problemsOf(String thread) {
        return watchdog.problems(Instant.now()).stream()
                .filter(problem -> problem.object().equals("thread " + thread))
                .toList();
    }

    @Test
    void aThreadThatHangsIsLoggedWithItsStackOnceAndIsAProblem() {
        stuck("watched-useful", Need.USEFUL);
        look(5);
        assertThat(problemsOf("watched-useful")).isEmpty();
        look(3);
        assertThat(problemsOf("watched-useful")).singleElement().satisfies(problem -> {
            assertThat(problem.cause()).isEqualTo(ProblemCause.THREAD_HANGING);
            assertThat(problem.message()).contains("some work");
            assertThat(problem.fatal()).isFalse();
        });
        assertThat(said.list)
                .filteredOn(event -> event.getFormattedMessage().startsWith("watched-useful hangs"))
                .singleElement()
                .satisfies(event -> assertThat(event.getFormattedMessage())
                        .contains(
                                "some work", "ThreadWatchdogTest.waitForRelease(ThreadWatchdogTest.java:", "WAITING"));

        release.countDown();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            watchdog.look();
            return problemsOf("watched-useful").isEmpty();
        });
        assertThat(said.list).anyMatch(event -> event.getFormattedMessage().startsWith("watched-useful goes on"));
    }

    @Test
    void aProcessThatWasStoppedForHoursHasNotHung() {
        stuck("watched-stopped", Need.VITAL);
        look(2);
        ahead += Duration.ofHours(5).toNanos();
        watchdog.look();
        assertThat(problemsOf("watched-stopped")).isEmpty();
    }

    @Test
    void progressBeginsTheTimeAnew() throws Exception {
        CountDownLatch made = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        SupervisedThread.restarting("watched-slow", () -> {
                    try (Progress _ = Progress.begin(Need.VITAL, "much work", LIMIT)) {
                        go.await();
                        Progress.made();
                        made.countDown();
                        waitForRelease();
                    }
                })
                .start();
        await().atMost(Duration.ofSeconds(60))
                .until(() -> activities().stream()
                        .anyMatch(a -> a.thread().getName().equals("watched-slow") && a.progress() != null));
        look(5);
        go.countDown();
        made.await();
        look(5);
        assertThat(problemsOf("watched-slow")).isEmpty();
        look(3);
        assertThat(problemsOf("watched-slow")).hasSize(1);
    }

    @Test
    void noLimitIsLongerThanTheLongest() {
        stuck("watched-capped", Need.USEFUL);
        ThreadWatchdog strict = watchdog(INTERVAL);
        for (int i = 0; i < 2; i++) {
            ahead += INTERVAL.toNanos();
            strict.look();
        }
        assertThat(strict.problems(Instant.now()))
                .anyMatch(problem -> problem.object().equals("thread watched-capped"));
    }

    @Test
    void workThatFailsAgainAndAgainIsAProblemThatIsNotFatal() {
        SupervisedThread.restarting("watched-failing", () -> {
                    throw new IllegalStateException("for the test");
                })
                .start();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            watchdog.look();
            return problemsOf("watched-failing").stream()
                    .anyMatch(p -> p.message().matches("has failed [2-9] times.*for the test") && !p.fatal());
        });
    }

    /** Over HTTP, as the kubelet asks. */
    @Test
    void livezIs503WhileAVitalThreadHangs() throws Exception {
        HealthState health = new HealthState(InstantSource.system(), Duration.ofDays(1), Set.of(IpFamily.IPV4));
        health.nodeIsOptional();
        health.updated(IpFamily.IPV4);
        health.add(watchdog);
        InetSocketAddress address = free();
        try (PageServer server = new PageServer("test", "flag", address).pages(new HealthPages(health).byPath())) {
            assertThat(server.start()).isEmpty();
            stuck("watched-other", Need.USEFUL);
            look(8);
            assertThat(get(address, "/livez").statusCode()).isEqualTo(200);

            stuck("watched-vital", Need.VITAL);
            look(8);
            HttpResponse<String> livez = get(address, "/livez");
            assertThat(livez.statusCode()).isEqualTo(503);
            assertThat(livez.body())
                    .contains("\"healthy\":false", "\"cause\":\"thread-hanging\"", "thread watched-vital")
                    .doesNotContain("watched-other");
            assertThat(get(address, "/livez?verbose").body())
                    .contains("[+]rules ok\n[-]threads failed:\n", "livez check failed\n");
            assertThat(get(address, "/healthz").statusCode())
                    .as("what kube-proxy means by it")
                    .isEqualTo(200);
            assertThat(get(address, "/healthz").body()).contains("watched-vital", "watched-other", "\"since\":\"20");

            release.countDown();
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                watchdog.look();
                return get(address, "/livez").statusCode() == 200;
            });
        }
    }

    private static HttpResponse<String> get(InetSocketAddress address, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + address.getPort() + path);
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static InetSocketAddress free() throws Exception {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), probe.getLocalPort());
        }
    }
}
