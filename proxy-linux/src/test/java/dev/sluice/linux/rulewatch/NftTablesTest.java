// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.SystemCommands;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real kernel, in a namespace. */
@RootOnly
@Timeout(60)
@Tag("slow")
final class NftTablesTest {
    private static final String RULESET = """
            add table ip proxy
            add chain ip proxy services
            add chain ip proxy more
            add rule ip proxy services jump more
            add set ip proxy addresses { type ipv4_addr; elements = { 10.0.0.1 }; }
            add table ip6 proxy
            add table ip others
            """;

    private final SystemCommands commands = new SystemCommands();

    private String nft(NetworkNamespace namespace, Command command) throws Exception {
        return namespace.call(() -> commands.run(command)).output();
    }

    @Test
    void oneTableGoesWithAllThatIsInIt() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("tables");
                NftTables tables = namespace.call(NftTables::open)) {
            nft(namespace, Command.of(Duration.ofSeconds(20), "nft", "-f", "-").reading(RULESET));
            assertThat(tables.has(IpFamily.IPV4, "proxy")).isTrue();
            assertThat(tables.has(IpFamily.IPV6, "others")).isFalse();
            tables.delete(IpFamily.IPV4, "proxy");
            assertThat(tables.has(IpFamily.IPV4, "proxy")).isFalse();
            assertThat(nft(namespace, Command.of(Duration.ofSeconds(20), "nft", "list", "tables"))
                            .lines())
                    .containsExactlyInAnyOrder("table ip6 proxy", "table ip others");
            assertThatThrownBy(() -> tables.delete(IpFamily.IPV4, "proxy"))
                    .isInstanceOfSatisfying(
                            NetlinkException.class,
                            e -> assertThat(e.notFound()).isTrue())
                    .hasMessageContaining("delete nf_tables table proxy of IPv4");
        }
    }

    @Test
    void chainsAreListedByTableAndFamily() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("chains");
                NftTables tables = namespace.call(NftTables::open)) {
            nft(namespace, Command.of(Duration.ofSeconds(20), "nft", "-f", "-").reading(RULESET));
            assertThat(tables.chains(IpFamily.IPV4, "proxy")).containsExactlyInAnyOrder("services", "more");
            assertThat(tables.chains(IpFamily.IPV4, "others")).isEmpty();
            assertThat(tables.chains(IpFamily.IPV6, "proxy")).isEmpty();
            assertThat(tables.chains(IpFamily.IPV4, "missing")).isEmpty();
        }
    }
}
