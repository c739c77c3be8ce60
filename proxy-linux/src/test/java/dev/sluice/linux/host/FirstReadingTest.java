// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.ProcessListener;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.rulewatch.OwnRestores;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With the real tools, in a namespace. */
@RootOnly
@Timeout(60)
@Tag("slow")
final class FirstReadingTest {
    private static final String FOUND = "*nat\n:FOUND - [0:0]\n-A FOUND -j ACCEPT\nCOMMIT\n";
    private static final String LATER = "*nat\n:LATER - [0:0]\nCOMMIT\n";
    private static final List<String> TABLES = List.of("nat", "filter");

    private final OwnRestores restores = new OwnRestores();
    private final AtomicInteger reads = new AtomicInteger();

    /** What happens between the discovery and the first read of IPv4, and after it. */
    private interface Scene {
        void play(Iptables v4, Iptables v6, Iptables foreign) throws Exception;
    }

    private void play(Scene scene) throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("reading")) {
            namespace.run(() -> {
                Iptables foreign = IptablesTools.discover(new SystemCommands(), Optional.of(Variant.NFT))
                        .open(IpFamily.IPV4);
                foreign.restore(FOUND);
                SystemCommands commands = new SystemCommands(counted());
                FirstReading reading = new FirstReading(restores);
                IptablesTools tools = IptablesTools.discover(commands, Optional.empty(), reading::keep);
                reading.complete();
                assertThat(tools.variant()).isEqualTo(Variant.NFT);
                reads.set(0);
                scene.play(
                        reading.before(tools.open(IpFamily.IPV4)), reading.before(tools.open(IpFamily.IPV6)), foreign);
            });
        }
    }

    private ProcessListener counted() {
        return new ProcessListener() {
            @Override
            public void started(Command command, long pid) {
                if (command.program().contains("-save")) {
                    reads.incrementAndGet();
                }
                restores.started(command, pid);
            }

            @Override
            public void ended(Command command, long pid) {
                restores.ended(command, pid);
            }
        };
    }

    private static SavedTable nat(Iptables tools) throws Exception {
        return SavedTable.parse("nat", tools.saveAll(TABLES).getOrDefault("nat", ""));
    }

    @Test
    void theFirstReadTakesNoProcess() throws Exception {
        play((v4, v6, foreign) -> {
            assertThat(nat(v4).rules("FOUND")).containsExactly("-j ACCEPT");
            assertThat(nat(v6).chains()).isEmpty();
            assertThat(reads).hasValue(0);
            assertThat(nat(v4).rules("FOUND")).as("the second is one").containsExactly("-j ACCEPT");
            assertThat(reads).hasValue(TABLES.size());
        });
    }

    @Test
    void tablesCanBeReadOneByOne() throws Exception {
        play((v4, v6, foreign) -> {
            assertThat(v4.save("nat")).contains("-A FOUND -j ACCEPT");
            assertThat(v4.save("filter")).isNotNull();
            assertThat(reads).hasValue(0);
            v4.save("nat");
            assertThat(reads).hasValue(1);
        });
    }

    @Test
    void ourOwnRestoreOfTheOtherFamilyChangesNothing() throws Exception {
        play((v4, v6, foreign) -> {
            v4.restore(LATER);
            assertThat(nat(v6).chains()).isEmpty();
            assertThat(reads).hasValue(0);
        });
    }

    @Test
    void ourOwnRestoreIsReadAgain() throws Exception {
        play((v4, v6, foreign) -> {
            v4.begin(LATER).await();
            assertThat(nat(v4).chains()).contains("LATER", "FOUND");
        });
    }

    @Test
    void whatAnotherChangedIsReadAgain() throws Exception {
        play((v4, v6, foreign) -> {
            foreign.restore(LATER);
            assertThat(nat(v4).chains()).contains("LATER", "FOUND");
            nat(v6);
            assertThat(reads).hasValue(2 * TABLES.size());
        });
    }

    @Test
    void whatAnotherChangedAfterOursIsReadAgain() throws Exception {
        play((v4, v6, foreign) -> {
            v6.restore(LATER);
            foreign.restore(LATER);
            assertThat(nat(v4).chains()).contains("LATER", "FOUND");
        });
    }
}
