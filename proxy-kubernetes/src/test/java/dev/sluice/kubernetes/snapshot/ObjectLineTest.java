// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.kubernetes.read.StringPool;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObjectLineTest {
    private static final int ROUNDS = 2000;

    @Test
    void everyObjectIsReadAsItWasWritten() throws Exception {
        Samples samples = new Samples(11);
        for (int i = 0; i < ROUNDS; i++) {
            expectSame(ObjectLine.of(samples.service()));
            expectSame(ObjectLine.of(samples.slice()));
            expectSame(ObjectLine.of(samples.node()));
        }
        expectSame(ObjectLine.of(Samples.SERVICE));
        expectSame(ObjectLine.of(Samples.SLICE));
        expectSame(ObjectLine.of(Samples.NODE));
        expectSame(ObjectLine.of(Samples.PEER));
        expectSame(ObjectLine.of(Samples.RANGES));
    }

    private static void expectSame(ObjectLine written) throws Exception {
        ObjectLine read = ObjectLine.read(written.text(), new StringPool());
        assertThat(read.event()).isEqualTo(written.event());
        assertThat(read.ref()).isEqualTo(written.ref());
        assertThat(read.kind()).isEqualTo(written.kind());
        assertThat(written.text()).doesNotContain((byte) '\n');
    }

    @Test
    void aLineHasTheShapeOfTheApi() {
        assertThat(new String(ObjectLine.of(Samples.SLICE).text(), UTF_8))
                .startsWith("{\"kind\":\"EndpointSlice\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"web-1\"")
                .contains("\"sluice.dev/a\":\"1\",\"sluice.dev/b\":\"2\"")
                .contains(
                        "\"hints\":{\"forZones\":[{\"name\":\"z1\"},{\"name\":\"z2\"}],\"forNodes\":[{\"name\":\"n\"}]}");
    }

    @Test
    void theTimeOfTheLastChangeIsLeftOut() throws Exception {
        EndpointSliceObject slice = new EndpointSliceObject(
                "shop",
                "web-1",
                "IPv4",
                Samples.SLICE.ports(),
                Samples.SLICE.endpoints(),
                Samples.SLICE.labels(),
                Map.of(EndpointSliceObject.TRIGGER_TIME_ANNOTATION, "2026-01-02T03:04:05Z", "sluice.dev/a", "1"));
        ObjectLine read = ObjectLine.read(ObjectLine.of(slice).text(), new StringPool());
        assertThat(read.event())
                .isInstanceOfSatisfying(
                        ClusterEvent.EndpointSliceUpdated.class,
                        updated -> assertThat(updated.slice().annotations()).isEqualTo(Map.of("sluice.dev/a", "1")));
    }

    @Test
    void whatIsNoObjectIsRefused() {
        for (String line : new String[] {"", "7", "{}", "[", "{\"kind\":\"Pod\"}", "{\"kind\":\"Node\",\"spec\":7}"}) {
            assertThatThrownBy(() -> ObjectLine.read(line.getBytes(UTF_8), new StringPool()))
                    .as(line)
                    .isInstanceOf(UnusableSnapshotException.class);
        }
        assertThat(ObjectLine.of(Samples.NODE).kind()).isEqualTo(ResourceKind.NODE);
    }
}
