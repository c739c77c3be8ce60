// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftCommand.AddTable;
import dev.sluice.linux.nftables.NftCommand.DeleteTable;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftTableWatching;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real kernel, in a namespace. */
@RootOnly
@Timeout(60)
@Tag("slow")
final class AnchoredTableWatchTest {
    private static final Table OURS = new Table(IpFamily.IPV4, "watched");
    private static final Table ANCHOR = new Table(IpFamily.IPV6, NatAnchor.TABLE);

    @Test
    void holdsTheAnchorWhileItWatches() throws Exception {
        var noticed = new LinkedBlockingQueue<ForeignChange>();
        try (NetworkNamespace namespace = NetworkNamespace.create("anchored");
                NetlinkNftables own = namespace.call(NetlinkNftables::open);
                NetlinkNftables other = namespace.call(NetlinkNftables::open)) {
            own.commit(List.of(new AddTable(OURS, "", false)));
            ForeignWatch.Opener opener =
                    namespace.call(() -> AnchoredTableWatch.of(new NftTableWatching(OURS.name(), List.of(own))));
            assertThat(other.exists(ANCHOR)).as("before it watches").isFalse();
            ForeignWatch watch = namespace.call(() -> opener.open(noticed::add));
            assertThat(watch.missedNothing())
                    .as("nobody else has changed anything")
                    .isTrue();
            assertThat(other.exists(ANCHOR)).as("while it watches").isTrue();

            other.commit(List.of(new DeleteTable(OURS)));
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !noticed.isEmpty());
            watch.close();
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !other.exists(ANCHOR));
        }
    }
}
