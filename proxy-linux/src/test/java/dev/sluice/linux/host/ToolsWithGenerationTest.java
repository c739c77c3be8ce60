// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.process.SystemCommands;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The real tools, in a namespace. */
@Timeout(120)
@Tag("slow")
class ToolsWithGenerationTest {
    private static final String RULE = "*mangle\n-A PREROUTING -j ACCEPT\nCOMMIT\n";

    private final SystemCommands commands = new SystemCommands();
    private NetworkNamespace namespace;

    @BeforeEach
    void enter() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        assumeTrue(commands.find("iptables-nft-restore").isPresent(), "iptables-nft is not installed");
        assumeTrue(commands.find("iptables-legacy-restore").isPresent(), "iptables-legacy is not installed");
        namespace = NetworkNamespace.create("generation");
    }

    @AfterEach
    void leave() {
        if (namespace != null) {
            namespace.close();
        }
    }

    private Iptables open(Variant variant, IpFamily family) throws Exception {
        return new ToolsWithGeneration(namespace.call(
                () -> IptablesTools.discover(commands, Optional.of(variant)).open(family)));
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aChangeRaisesItAndAReadDoesNot(IpFamily family) throws Exception {
        Iptables iptables = open(Variant.NFT, family);
        namespace.run(() -> iptables.restore(RULE));
        OptionalLong before = namespace.call(iptables::generation);
        assertThat(before).isPresent();
        namespace.run(() -> iptables.save("mangle"));
        assertThat(namespace.call(iptables::generation)).isEqualTo(before);
        namespace.run(() -> iptables.restore(RULE));
        assertThat(namespace.call(iptables::generation).orElseThrow()).isGreaterThan(before.getAsLong());
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void theLegacyVariantHasNone(IpFamily family) throws Exception {
        Iptables iptables = open(Variant.LEGACY, family);
        namespace.run(() -> iptables.restore(RULE));
        assertThat(namespace.call(iptables::generation)).isEmpty();
    }
}
