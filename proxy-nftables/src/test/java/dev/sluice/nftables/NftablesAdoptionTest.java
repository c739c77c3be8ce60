// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.PacketNumber;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A new process finds the table of the one before, which others have changed meanwhile. */
class NftablesAdoptionTest {
    private static final int WEB = PacketNumber.ofPool(1);

    private final NftablesOnHost node = new NftablesOnHost(IpFamily.IPV4);
    private final ResolvedPort web = resolved(
            ServicePorts.tcp("shop/web", "10.96.0.50", 80).nodePort(30080).build(),
            local("10.244.0.1", 8080),
            remote("10.244.1.1", 8080),
            remote("10.244.1.2", 8080));
    private final ResolvedPort sameAddress =
            resolved(ServicePorts.tcp("shop/web:admin", "10.96.0.50", 81).build(), remote("10.244.1.1", 9090));

    private List<String> before = List.of();
    private Map<ObjectKind, Long> applied = Map.of();

    @BeforeEach
    void syncAll() throws Exception {
        node.put(web).put(sameAddress);
        applied = node.fullSync().applied();
        before = node.dump();
        node.close();
        node.nftables.resetCounters();
    }

    @AfterEach
    void close() {
        node.close();
    }

    private static SetElement slot(int number, int slot, String host) {
        Words key = new Words.Builder().number(number).number(slot).build();
        return SetElement.of(
                key, new Words.Builder().address(IpAddress.of(host)).port(8080).build());
    }

    private NftCommand add(String set, SetElement element) {
        return new NftCommand.AddElements(node.table, set, List.of(element));
    }

    private NftCommand delete(String set, Words key) {
        return new NftCommand.DeleteElements(node.table, set, List.of(SetElement.of(key)));
    }

    private SyncReport afterOthers(NftCommand... commands) throws Exception {
        node.nftables.byOthers(List.of(commands));
        return node.fullSync();
    }

    private void assertRepaired(SyncReport report) {
        assertThat(report.cost().messages()).isPositive();
        assertThat(node.dump()).isEqualTo(before);
    }

    @Test
    void nothingIsWrittenWhenAllIsThere() throws Exception {
        SyncReport report = node.fullSync();
        assertThat(report.cost().messages()).isZero();
        assertThat(report.applied()).isEqualTo(applied);
        assertThat(node.dump()).isEqualTo(before);
    }

    @Test
    void aSlotThatLeadsElsewhereIsReplaced() throws Exception {
        SetElement wrong = slot(WEB, 1, "10.244.9.9");
        assertRepaired(afterOthers(delete("slots", wrong.key()), add("slots", wrong)));
        assertThat(node.nftables.content(node.table, "slots")).doesNotContain(wrong);
    }

    @Test
    void aSlotWithACommentIsReplaced() throws Exception {
        SetElement wrong = slot(WEB, 1, "10.244.1.1").withComment("mine");
        assertRepaired(afterOthers(delete("slots", wrong.key()), add("slots", wrong)));
        assertThat(node.nftables.content(node.table, "slots")).doesNotContain(wrong);
    }

    @Test
    void slotsBesideTheRightOnesAreDeleted() throws Exception {
        assertRepaired(afterOthers(
                add("slots", slot(WEB, 3, "10.244.1.1")),
                add("slots", slot(WEB, 7, "10.244.1.1")),
                add("slots", slot(WEB | 1, 0, "10.244.1.1"))));
    }

    @Test
    void aMissingSlotIsAddedAgain() throws Exception {
        assertRepaired(afterOthers(
                delete("slots", slot(WEB, 0, "10.244.0.1").key()),
                delete("slots", slot(WEB, 2, "10.244.0.1").key())));
    }

    @Test
    void anotherPoolOfTheSameNameIsDeleted() throws Exception {
        SetElement twin = SetElement.of(Words.number(WEB | 5)).withComment("shop/web/tcp cluster");
        assertRepaired(afterOthers(add("pools", twin)));
    }

    @Test
    void slotsOfAServiceThatIsGoneAreDeletedAlthoughTheyWereRight() throws Exception {
        node.snapshot.remove(sameAddress.name());
        node.fullSync();
        List<String> without = node.dump();
        node.put(sameAddress);
        node.fullSync();
        node.close();

        node.snapshot.remove(sameAddress.name());
        node.fullSync();
        assertThat(node.dump()).isEqualTo(without);
    }

    @Test
    void anAddressThatAnotherPortHasTooStaysWhenOneIsRemoved() throws Exception {
        node.fullSync();
        node.snapshot.remove(sameAddress.name());
        node.sync();
        assertThat(node.nftables.content(node.table, "cluster-ips")).hasSize(1);
        node.snapshot.remove(web.name());
        node.sync();
        assertThat(node.nftables.content(node.table, "cluster-ips")).isEmpty();
    }

    @Test
    void aChangedEndpointIsTheOnlyChange() throws Exception {
        node.put(resolved(
                web.service(), local("10.244.0.1", 8080), remote("10.244.1.1", 8080), remote("10.244.1.3", 8080)));
        node.fullSync();
        assertThat(node.nftables.commits()).hasSize(1);
        assertThat(node.nftables.commits().getFirst())
                .containsExactly(
                        delete("slots", slot(WEB, 2, "10.244.1.3").key()), add("slots", slot(WEB, 2, "10.244.1.3")));
    }
}
