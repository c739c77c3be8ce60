// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import dev.sluice.core.model.Problem;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.kubernetes.RecordingListener;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that would stop, starve or fill a careless reader: each is refused alone, and the next change is noticed. */
@Tag("slow")
class HostileFilesTest {
    private static final WatchTiming QUICK =
            new WatchTiming(Duration.ofMillis(20), Duration.ofMillis(60), Duration.ofMillis(200));

    @TempDir
    Path directory;

    private final RecordingListener recorder = new RecordingListener();
    private ManifestSource source = new ManifestSource(Path.of("/"), "node-a", QUICK);

    @BeforeEach
    void goodFilesAround() throws IOException {
        service("first");
        service("zz-last");
    }

    @AfterEach
    void close() {
        source.close();
    }

    @Test
    void deepNesting() throws IOException {
        write("deep.yaml", "[".repeat(100_000));
        write("deep.json", "[".repeat(100_000));

        refused("deep.yaml", "nested deeper than 64 levels");
        refused("deep.json", "nested deeper than 64 levels");
    }

    @Test
    void aNamedPipe() throws Exception {
        Process mkfifo = new ProcessBuilder(
                        "mkfifo", directory.resolve("pipe.yaml").toString())
                .inheritIO()
                .start();
        assertThat(mkfifo.waitFor()).isZero();

        refused("pipe.yaml", "is not read: it is a named pipe: put the text into a regular file");
    }

    @Test
    void aLinkToADevice() throws IOException {
        Files.createSymbolicLink(directory.resolve("zero.yaml"), Path.of("/dev/zero"));

        refused("zero.yaml", "is not read: it is a device");
    }

    @Test
    void aLinkToNothing() throws IOException {
        Files.createSymbolicLink(directory.resolve("void.yaml"), Path.of("no-such-file"));
        Files.createSymbolicLink(directory.resolve("self.yaml"), Path.of("self.yaml"));

        refused("self.yaml", "cannot be read");
    }

    @Test
    void fiftyMegabytesOfOneStringAreNotEvenRead() throws IOException {
        write("long.yaml", "a: " + "x".repeat(50 << 20));
        write("long.json", "\"" + "x".repeat(50 << 20) + "\"");
        ManifestDirectory manifests = new ManifestDirectory(directory, QUICK);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        manifests.scan(System.nanoTime());

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(8 << 20);
        List<Problem> problems = new ArrayList<>();
        assertThat(manifests.objects(problems)).hasSize(2);
        assertThat(problems)
                .hasSize(2)
                .allSatisfy(problem -> assertThat(problem.message())
                        .contains("more than the limit of 4194304: split it into smaller files"));
        refused("long.yaml", "more than the limit of 4194304");
    }

    @Test
    void aGoodFileThatBecomesAPipeStaysInForce() throws Exception {
        service("turning");
        start();
        Files.delete(directory.resolve("turning.yaml"));
        Process mkfifo = new ProcessBuilder(
                        "mkfifo", directory.resolve("turning.yaml").toString())
                .inheritIO()
                .start();
        assertThat(mkfifo.waitFor()).isZero();

        await().until(() -> !recorder.problems().isEmpty());
        assertThat(recorder.problems().getFirst().message()).contains("named pipe");
        service("later");
        await().until(() -> recorder.services().containsKey("shop/later"));
    }

    @Test
    void anErrorInTheReadersThreadLeavesNobodyDeaf() throws IOException {
        AtomicBoolean failed = new AtomicBoolean();
        source = new ManifestSource(directory, "node-a", QUICK);
        source.start(new ClusterListener() {
            @Override
            public void accept(ClusterEvent event) {
                recorder.accept(event);
            }

            @Override
            public void acceptAll(List<ClusterEvent> events) {
                if (!failed.getAndSet(true)) {
                    throw new StackOverflowError("for the test");
                }
                recorder.acceptAll(events);
            }
        });

        await().atMost(Duration.ofSeconds(20)).until(recorder::isSynced);
        service("later");
        await().until(() -> recorder.services().containsKey("shop/later"));
    }

    /** The file is refused with a reason, the files around it are in force, and later changes are noticed. */
    private void refused(String file, String reason) throws IOException {
        start();
        assertThat(recorder.services()).containsOnlyKeys("shop/first", "shop/zz-last");
        assertThat(recorder.problems())
                .filteredOn(problem -> problem.object().toString().contains(file))
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains(reason));
        service("later");
        await().until(() -> recorder.services().containsKey("shop/later"));
        Files.delete(directory.resolve("later.yaml"));
        await().until(() -> !recorder.services().containsKey("shop/later"));
        source.close();
    }

    private void start() {
        source = new ManifestSource(directory, "node-a", QUICK);
        source.start(recorder);
        await().atMost(Duration.ofSeconds(20)).until(recorder::isSynced);
    }

    private void service(String name) throws IOException {
        Map<String, String> addresses = Map.of("first", "10.96.0.51", "zz-last", "10.96.0.52");
        write(name + ".yaml", """
            apiVersion: v1
            kind: Service
            metadata: {name: %s, namespace: shop}
            spec: {clusterIP: %s, ports: [{port: 80}]}
            """.formatted(name, addresses.getOrDefault(name, "10.96.0.53")));
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(directory.resolve(name), content);
    }
}
