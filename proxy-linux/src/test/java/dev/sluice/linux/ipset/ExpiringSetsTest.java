// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.IpSets.SetHeader;
import dev.sluice.linux.ipset.IpSets.SetResult;
import dev.sluice.linux.namespace.NetworkNamespace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sets of the real kernel whose elements expire, many of them, and exchanged ones. */
@Timeout(120)
@Tag("slow")
class ExpiringSetsTest {
    private static final IpAddress A4 = IpAddress.of("10.96.0.10");
    private static final IpAddress B4 = IpAddress.of("10.244.1.5");
    private static final IpAddress A6 = IpAddress.of("fd00:10:96::a");
    private static final IpAddress B6 = IpAddress.of("fd00:10:244::1:5");

    private NetworkNamespace namespace;
    private NetlinkIpSets sets;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        namespace = NetworkNamespace.create("expiring");
        try {
            sets = namespace.call(NetlinkIpSets::open);
        } catch (NetlinkException e) {
            assumeTrue(!e.unsupported(), "this kernel has no ipset");
            throw e;
        }
    }

    @AfterEach
    void close() {
        if (sets != null) {
            sets.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void elementsHaveTimeouts(IpFamily family) throws Exception {
        IpSet set = new IpSet("CLIENTS", IpSet.Type.HASH_IP, family, 4000, 256, true);
        SetEntry one = new SetEntry.Ip(family == IpFamily.IPV4 ? A4 : A6);
        SetEntry two = new SetEntry.Ip(family == IpFamily.IPV4 ? B4 : B6);
        sets.create(set);

        List<SetChange> changes = List.of(
                new SetChange(set, one, true, 1000),
                new SetChange(set, two, true),
                new SetChange(set, one, true, 2000));
        assertThat(sets.apply(changes).failures()).isEmpty();

        assertThat(sets.listTimes(set))
                .containsEntry(two, 0)
                .hasEntrySatisfying(one, left -> assertThat(left).isBetween(1800, 2000));
        assertThat(sets.headers()).isEqualTo(Map.of(set.name(), new SetHeader(Optional.of(set), 2)));
        assertThat(sets.apply(List.of(new SetChange(set, two, true, 1))).failures())
                .isEmpty();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(sets.list(set)).doesNotContain(two));
    }

    @Test
    void refusesATimeoutInASetWithout() throws Exception {
        IpSet set = IpSet.of("PLAIN", IpSet.Type.HASH_IP, IpFamily.IPV4);
        sets.create(set);

        SetResult result = sets.apply(List.of(new SetChange(set, new SetEntry.Ip(A4), true, 10)));

        assertThat(result.failures())
                .singleElement()
                .satisfies(failure ->
                        assertThat(failure.error()).hasMessageContaining("the set was made without timeouts"));
    }

    @Test
    void createsManySetsAtOnceAndNamesThoseThatExist() throws Exception {
        List<IpSet> many = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            many.add(new IpSet("MANY-" + i, IpSet.Type.HASH_IP, IpFamily.IPV4, 100, 64, true));
        }
        sets.create(many.get(7));

        IpSets.SetsCreated created = sets.createAll(many);

        assertThat(created.refused()).containsOnlyKeys("MANY-7");
        assertThat(Objects.requireNonNull(created.refused().get("MANY-7")).alreadyExists())
                .isTrue();
        assertThat(created.messages()).isEqualTo(300);
        assertThat(sets.names()).hasSize(300);
    }

    @Test
    void exchangesSets() throws Exception {
        IpSet plain = IpSet.of("ONE", IpSet.Type.HASH_IP, IpFamily.IPV4);
        IpSet expiring = new IpSet("TWO", IpSet.Type.HASH_IP, IpFamily.IPV4, 100, 64, true);
        sets.create(plain);
        sets.create(expiring);
        sets.apply(List.of(new SetChange(plain, new SetEntry.Ip(A4), true)));

        sets.swap("ONE", "TWO");

        assertThat(sets.list(expiring)).containsExactly(new SetEntry.Ip(A4));
        assertThat(Objects.requireNonNull(sets.headers().get("ONE"))
                        .shape()
                        .orElseThrow()
                        .expiring())
                .isTrue();
        NetlinkException missing = catchThrowableOfType(NetlinkException.class, () -> sets.swap("MISSING", "ONE"));
        assertThat(missing.notFound()).isTrue();
    }
}
