// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.process.SystemCommands;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real kernel, in a namespace. */
@RootOnly
@Timeout(60)
@Tag("slow")
final class NftGenerationsTest {
    private static final String TWO_TABLES = """
            *nat
            :A - [0:0]
            -A A -j ACCEPT
            COMMIT
            *filter
            :B - [0:0]
            -A B -j DROP
            COMMIT
            """;
    private static final String REFUSED = """
            *nat
            :A - [0:0]
            COMMIT
            *filter
            -A MISSING -j DROP
            COMMIT
            """;

    private final OwnRestores restores = new OwnRestores();

    private interface Scene {
        void play(NetworkNamespace namespace, Iptables own, Iptables foreign, NftGenerations generations)
                throws Exception;
    }

    private void counting(Scene scene) throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("generations");
                NftGenerations generations = namespace.call(() -> NftGenerations.open(restores))) {
            scene.play(
                    namespace,
                    tools(namespace, new SystemCommands(restores)),
                    tools(namespace, new SystemCommands()),
                    generations);
        }
    }

    private static Iptables tools(NetworkNamespace namespace, SystemCommands commands) throws Exception {
        return namespace.call(
                () -> IptablesTools.discover(commands, Optional.of(Variant.NFT)).open(IpFamily.IPV4));
    }

    @Test
    void ourOwnRestoresAreNoDoubt() throws Exception {
        counting((namespace, own, foreign, generations) -> {
            assertThat(generations.areOurs()).isTrue();
            namespace.run(() -> own.restore(TWO_TABLES));
            namespace.run(() -> own.save("nat"));
            namespace.run(() -> own.restore(TWO_TABLES));
            assertThat(generations.areOurs()).isTrue();
        });
    }

    @Test
    void anothersCommitIsNoticed() throws Exception {
        counting((namespace, own, foreign, generations) -> {
            namespace.run(() -> own.restore(TWO_TABLES));
            namespace.run(() -> foreign.restore("*nat\n:A - [0:0]\nCOMMIT\n"));
            assertThat(generations.areOurs()).isFalse();
        });
    }

    @Test
    void anothersCommitBetweenTwoOfOursIsNoticed() throws Exception {
        counting((namespace, own, foreign, generations) -> {
            namespace.run(() -> own.restore(TWO_TABLES));
            namespace.run(() -> foreign.restore("*nat\n:A - [0:0]\nCOMMIT\n"));
            namespace.run(() -> own.restore(TWO_TABLES));
            assertThat(generations.areOurs()).isFalse();
        });
    }

    /** How many commits it made is not known. */
    @Test
    void aRefusedRestoreIsADoubt() throws Exception {
        counting((namespace, own, foreign, generations) -> {
            assertThatThrownBy(() -> namespace.run(() -> own.restore(REFUSED))).isInstanceOf(RestoreException.class);
            assertThat(generations.areOurs()).isFalse();
        });
    }
}
