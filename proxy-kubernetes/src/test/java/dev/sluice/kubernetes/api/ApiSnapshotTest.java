// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static dev.sluice.kubernetes.api.SnapshotCluster.ONE_WRITE;
import static dev.sluice.kubernetes.api.SnapshotCluster.TIMING;
import static dev.sluice.kubernetes.api.SnapshotCluster.external;
import static dev.sluice.kubernetes.api.SnapshotCluster.node;
import static dev.sluice.kubernetes.api.SnapshotCluster.other;
import static dev.sluice.kubernetes.api.SnapshotCluster.ranges;
import static dev.sluice.kubernetes.api.SnapshotCluster.service;
import static dev.sluice.kubernetes.api.SnapshotCluster.slice;
import static dev.sluice.kubernetes.api.SnapshotCluster.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.kubernetes.RecordingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The source with a snapshot, before and after a server is gone. */
class ApiSnapshotTest {
    private SnapshotCluster cluster;

    @TempDir
    Path folder;

    @BeforeEach
    void someObjects() throws IOException {
        cluster = new SnapshotCluster(folder);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void whatWasListedIsDeliveredWithoutTheServerAndThenOnlyWhatDiffers() throws Exception {
        RecordingListener live = cluster.stopped().recorder;
        cluster.server().close();

        SnapshotCluster.Running second = cluster.start("node-a", TIMING);
        soon().until(second.recorder::isSynced);
        assertThat(second.recorder.services()).isEqualTo(live.services()).hasSize(3);
        assertThat(second.recorder.slices()).isEqualTo(live.slices()).hasSize(1);
        assertThat(second.recorder.nodes()).isEqualTo(live.nodes()).hasSize(1);
        assertThat(second.said).containsExactly("from snapshot");
        assertThat(second.problems())
                .singleElement()
                .satisfies(text -> assertThat(text).contains("carries traffic from the snapshot of 20"));
        int before = second.recorder.log().size();

        cluster.replaceServer(changed -> {
            changed.put("nodes", "node-a", node());
            changed.put("services", "shop/web", service("web", "10.96.0.50"));
            changed.put("services", "shop/same", service("same", "10.96.0.51"));
            changed.put("services", "shop/new", service("new", "10.96.0.53"));
            changed.put("endpointslices", "shop/web-1", slice("10.0.0.2"));
        });
        soon().until(() -> second.said.contains("live"));

        List<String> log = second.recorder.log();
        assertThat(log.subList(before, log.size()))
                .as("%s", log)
                .filteredOn(line -> !line.startsWith("synced "))
                .containsExactlyInAnyOrder("service shop/new", "service gone shop/old", "slice shop/web-1");
    }

    /** Where a mode binds Services' addresses: otherwise it could bind none of them before the server is there. */
    @Test
    void theOtherNodesAreDeliveredBeforeAllElse() throws Exception {
        cluster.server().put("services", "shop/web", external("web", "10.96.0.50"));
        cluster.server().put("nodes", "node-b", other("node-b", "192.0.2.8"));
        cluster.server().put("nodes", "node-c", other("node-c", "192.0.2.9"));
        SnapshotCluster.Running first = cluster.start("node-a", TIMING);
        soon().untilAsserted(() -> assertThat(cluster.file()).content().contains("\"peers\":true", "192.0.2.8"));
        first.close();
        cluster.server().close();

        SnapshotCluster.Running second = cluster.start("node-a", TIMING);
        soon().until(() -> second.recorder.log().contains("synced SERVICE"));
        assertThat(second.recorder.arePeersListed()).isTrue();
        assertThat(second.recorder.peers())
                .isEqualTo(Map.of("node-b", List.of("192.0.2.8"), "node-c", List.of("192.0.2.9")));

        cluster.replaceServer(changed -> {
            changed.put("nodes", "node-a", node());
            changed.put("nodes", "node-b", other("node-b", "192.0.2.18"));
            changed.put("services", "shop/web", external("web", "10.96.0.50"));
        });
        soon().until(() -> second.said.contains("live"));
        assertThat(second.recorder.peers()).isEqualTo(Map.of("node-b", List.of("192.0.2.18"), "node-c", List.of()));
        second.close();
        assertThat(cluster.file())
                .content()
                .contains("\"peers\":true", "192.0.2.18")
                .doesNotContain("node-c", "192.0.2.8\"");
    }

    /**
     * Otherwise what comes to an address in them that no Service has would leave the node until the server is there.
     */
    @Test
    void theRangesOfClusterAddressesAreDeliveredBeforeAllElse() throws Exception {
        SnapshotCluster.Running second = startFromStoredRanges();
        List<String> log = second.recorder.log();
        assertThat(log.indexOf("ranges kubernetes [10.96.0.0/12]"))
                .as("%s", log)
                .isBetween(0, log.indexOf("synced SERVICE") - 1);

        cluster.replaceServer(changed -> {
            changed.put("nodes", "node-a", node());
            changed.put("services", "shop/web", service("web", "10.96.0.50"));
        });
        soon().until(() -> second.said.contains("live"));
        soon().until(() -> second.recorder.log().contains("ranges kubernetes []"));
        soon().untilAsserted(() -> assertThat(cluster.file()).content().doesNotContain("10.96.0.0/12"));
    }

    /** An API server without ServiceCIDRs says nothing of those that it had: what was known stays. */
    @Test
    void theMarkDoesNotWaitForRangesThatTheServerRefuses() throws Exception {
        SnapshotCluster.Running second = startFromStoredRanges();
        cluster.replaceServer(changed -> {
            changed.refuseReads("servicecidrs", 403);
            changed.put("nodes", "node-a", node());
            changed.put("services", "shop/new", service("new", "10.96.0.53"));
        });
        soon().until(() -> second.said.contains("live"));
        assertThat(second.recorder.log()).doesNotContain("ranges kubernetes []");
        soon().untilAsserted(() -> assertThat(cluster.file()).content().contains("10.96.0.0/12", "10.96.0.53"));
    }

    /** A source that is synced by a snapshot with ranges, without a server. */
    private SnapshotCluster.Running startFromStoredRanges() throws Exception {
        cluster.server().put("servicecidrs", "kubernetes", ranges("10.96.0.0/12"));
        SnapshotCluster.Running first = cluster.start("node-a", TIMING);
        soon().untilAsserted(() -> assertThat(cluster.file()).content().contains("10.96.0.0/12"));
        first.close();
        cluster.server().close();
        SnapshotCluster.Running second = cluster.start("node-a", TIMING);
        soon().until(second.recorder::isSynced);
        return second;
    }

    /** Of a snapshot from before its first external address nothing is known of the others. */
    @Test
    void otherNodesThatWereNeverListedAreNotTakenForNone() throws Exception {
        cluster.stopped();
        cluster.server().close();
        SnapshotCluster.Running second = cluster.start("node-a", TIMING);
        soon().until(second.recorder::isSynced);
        assertThat(second.recorder.arePeersListed()).isFalse();
        assertThat(cluster.file()).content().contains("\"peers\":false");
    }

    @Test
    void aServerThatDeliversIsNeverOverruled() throws Exception {
        cluster.stopped();
        cluster.server().remove("services", "shop/old");
        SnapshotCluster.Running second = cluster.start("node-a", TIMING);
        soon().until(() -> second.said.contains("stored"));
        Files.delete(cluster.file());
        cluster.server().put("services", "shop/late", service("late", "10.96.0.54"));
        soon().until(() -> Files.exists(cluster.file()));
        staysSo(() -> !second.recorder.services().containsKey("shop/old") && !second.said.contains("from snapshot"));
        assertThat(second.recorder.log()).doesNotHaveDuplicates();
    }

    @Test
    void aKindThatTheServerRefusesIsTakenFromTheSnapshotAlone() throws Exception {
        cluster.stopped();
        cluster.server().refuseReads("endpointslices", 503);
        cluster.server().remove("services", "shop/old");

        SnapshotCluster.Running second = cluster.start("node-a", TIMING);
        soon().until(second.recorder::isSynced);
        assertThat(second.recorder.services()).containsOnlyKeys("shop/same", "shop/web");
        assertThat(second.recorder.slices()).containsOnlyKeys("shop/web-1");
        assertThat(second.said).containsExactly("from snapshot");
        String saved = Files.readString(cluster.file());
        cluster.server().put("services", "shop/new", service("new", "10.96.0.53"));
        soon().until(() -> second.recorder.services().containsKey("shop/new"));
        staysSo(() -> Files.readString(cluster.file()).equals(saved)); // half of a new state is not stored

        cluster.server().refuseReads("endpointslices", 0);
        soon().until(() -> second.said.contains("live") && second.said.contains("stored"));
        soon().until(() -> second.problems().isEmpty());
        assertThat(cluster.file()).content().contains("shop", "10.96.0.53").doesNotContain("10.96.0.52");
    }

    @Test
    void anObjectThatHasBecomeUnreadableStaysAsItWas() throws Exception {
        cluster.stopped();
        cluster.server().refuseReads("services", 503);
        SnapshotCluster.Running second = cluster.start("node-a", TIMING);
        soon().until(second.recorder::isSynced);

        cluster.server()
                .put(
                        "services",
                        "shop/web",
                        service("web", "10.96.0.50").replace("\"port\": 80", "\"port\": \"http\""));
        cluster.server().refuseReads("services", 0);
        soon().until(() -> second.said.contains("live"));
        assertThat(second.recorder.services()).containsKey("shop/web").hasSize(3);
        soon().untilAsserted(() -> assertThat(second.problems())
                .singleElement()
                .satisfies(text -> assertThat(text).contains("the last good version of this object stays")));
    }

    @Test
    void anotherNodesSnapshotIsAProblemUntilTheServerIsThere() throws Exception {
        cluster.stopped();
        cluster.server().refuseReads("services", 503);
        SnapshotCluster.Running other = cluster.start("node-b", TIMING);
        soon().untilAsserted(() ->
                assertThat(other.problems()).containsExactly("is not used: it is of node node-a, and this is node-b"));
        assertThat(other.recorder.services()).isEmpty();
        assertThat(other.said).isEmpty();

        cluster.server().refuseReads("services", 0);
        soon().until(() -> other.said.contains("stored"));
        soon().until(() -> other.problems().isEmpty());
        assertThat(cluster.file()).content().contains("\"node\":\"node-b\"");
    }

    @Test
    void aFailedWriteIsReportedAndRepeated() throws Exception {
        SnapshotCluster.Running first = cluster.start("node-a", TIMING);
        soon().until(() -> first.said.contains("stored"));
        Path away = folder.resolve("away");
        Files.move(cluster.state(), away);
        Files.writeString(cluster.state(), "");
        cluster.server().put("services", "shop/new", service("new", "10.96.0.53"));
        soon().untilAsserted(() -> assertThat(first.problems())
                .singleElement()
                .satisfies(text -> assertThat(text)
                        .startsWith("cannot be written: " + cluster.state()
                                + " is not a directory; the one before stays")));
        assertThat(first.said).contains("not stored");

        Files.delete(cluster.state());
        soon().until(() -> first.problems().isEmpty());
        assertThat(cluster.file()).content().contains("10.96.0.53");
    }

    @Test
    void whatWasDeletedWhileNoDaemonRanIsNotStoredAnyMore() throws Exception {
        cluster.stopped();
        List.of("web", "same", "old").forEach(name -> cluster.server().remove("services", "shop/" + name));
        cluster.server().remove("endpointslices", "shop/web-1");
        cluster.server().remove("nodes", "node-a");
        cluster.stopped();
        assertThat(cluster.file()).content().doesNotContain("shop", "\"kind\"");
    }

    @Test
    void theLastChangesAreStoredAtTheEnd() throws Exception {
        SnapshotCluster.Running first = cluster.start("node-a", ONE_WRITE);
        soon().until(() -> first.said.contains("stored"));
        cluster.server().put("services", "shop/new", service("new", "10.96.0.53"));
        soon().until(() -> first.recorder.services().containsKey("shop/new"));
        assertThat(cluster.file()).content().doesNotContain("10.96.0.53");
        first.close();
        assertThat(cluster.file()).content().contains("10.96.0.53", "\"sha256\":");
    }

    @Test
    void manyChangesAreFewWritesAndNoChangeIsNone() throws Exception {
        SnapshotCluster.Running first = cluster.start("node-a", TIMING);
        soon().until(() -> first.said.contains("stored"));
        IntStream.range(0, 500)
                .forEach(i -> cluster.server().put("endpointslices", "shop/web-1", slice("10.0.1." + i % 250)));
        cluster.server().put("endpointslices", "shop/web-1", slice("10.0.2.1"));
        soon().until(() -> Files.readString(cluster.file()).contains("10.0.2.1"));
        assertThat(first.said).hasSizeLessThan(250);

        FileKey stored = FileKey.of(cluster.file());
        cluster.server().put("endpointslices", "shop/web-1", slice("10.0.2.1"));
        cluster.server().put("services", "shop/last", service("last", "10.96.0.60"));
        soon().until(() -> Files.readString(cluster.file()).contains("10.96.0.60"));
        FileKey changed = FileKey.of(cluster.file());
        assertThat(changed).isNotEqualTo(stored);
        cluster.server()
                .put(
                        "nodes",
                        "node-a",
                        node().replace("\"labels\"", "\"annotations\": {\"kubelet\": \"1\"}, \"labels\""));
        cluster.server().put("services", "shop/last", service("last", "10.96.0.60"));
        soon().until(() -> first.recorder.log().stream()
                        .filter("service shop/last"::equals)
                        .count()
                == 2);
        first.close();
        assertThat(FileKey.of(cluster.file()))
                .as("nothing that counts has changed")
                .isEqualTo(changed);
    }

    /** A file, told apart from one that replaced it. */
    private record FileKey(Object inode, String content) {
        static FileKey of(Path file) throws IOException {
            return new FileKey(Files.getAttribute(file, "unix:ino"), Files.readString(file));
        }
    }

    @Test
    void aDirectoryThatOthersMayWriteIsNotTrusted() throws Exception {
        cluster.stopped();
        Files.setPosixFilePermissions(cluster.state(), PosixFilePermissions.fromString("rwxrwxrwx"));
        cluster.server().close();
        SnapshotCluster.Running second = cluster.start("node-a", TIMING);
        soon().untilAsserted(() -> assertThat(second.problems())
                .singleElement()
                .satisfies(text -> assertThat(text)
                        .startsWith("is not used: the directory may be written by others (rwxrwxrwx)")));
        assertThat(second.recorder.services()).isEmpty();
    }

    /** For longer than the patience with the server and several pauses between writes. */
    private static void staysSo(Callable<Boolean> condition) {
        await().during(Duration.ofMillis(700)).atMost(Duration.ofSeconds(30)).until(condition);
    }
}
