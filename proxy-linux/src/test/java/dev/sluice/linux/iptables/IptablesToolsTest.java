// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.process.CommandRunner.Result;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The choice of tools, from their answers. */
class IptablesToolsTest {
    private static final String NFT = "iptables v1.8.9 (nf_tables)\n";
    private static final String LEGACY = "iptables v1.8.9 (legacy)\n";
    private static final String RULE = "*filter\n-A INPUT -j ACCEPT\nCOMMIT\n";
    private static final String TWO_RULES = "*filter\n-A INPUT -j ACCEPT\n-A INPUT -j DROP\nCOMMIT\n";
    private static final String HINT = "*mangle\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n";
    private static final String CANARY = "*mangle\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n";
    private static final String HINT_ELSEWHERE = "*nat\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n";

    static ScriptedTools both(String standard, String nft4, String nft6, String legacy4, String legacy6) {
        return new ScriptedTools()
                .on("iptables --version", standard)
                .on("iptables-nft --version", NFT)
                .on("iptables-legacy --version", LEGACY)
                .on("iptables-nft-save", nft4)
                .on("ip6tables-nft-save", nft6)
                .on("iptables-legacy-save", legacy4)
                .on("ip6tables-legacy-save", legacy6);
    }

    @Test
    void kubeletsHintDecides() throws Exception {
        assertThat(detect(both(NFT, TWO_RULES, "", HINT, ""))).isEqualTo(Variant.LEGACY);
        assertThat(detect(both(NFT, TWO_RULES, "", "", CANARY))).isEqualTo(Variant.LEGACY);
        assertThat(detect(both(LEGACY, "", CANARY, TWO_RULES, ""))).isEqualTo(Variant.NFT);
        ScriptedTools hinted = both(NFT, HINT, "", HINT, "");
        assertThat(detect(hinted)).as("in both").isEqualTo(Variant.NFT);
        assertThat(hinted.run())
                .as("the legacy tools, which may lack a right, are not asked")
                .noneMatch(command -> command.program().contains("legacy-save"));
    }

    @Test
    void theLargerRuleSetDecidesWithoutAHint() throws Exception {
        assertThat(detect(both(NFT, RULE, "", TWO_RULES, ""))).isEqualTo(Variant.LEGACY);
        assertThat(detect(both(NFT, RULE, "", RULE, RULE))).isEqualTo(Variant.LEGACY);
        assertThat(detect(both(LEGACY, RULE, "", HINT_ELSEWHERE, ""))).isEqualTo(Variant.NFT);
    }

    @Test
    void theHostsDefaultDecidesOnAnEmptyHost() throws Exception {
        assertThat(detect(both(NFT, "", "", "", ""))).isEqualTo(Variant.NFT);
        assertThat(detect(both(LEGACY, "", "", "", ""))).isEqualTo(Variant.LEGACY);
        assertThat(detect(both(LEGACY, RULE, "", RULE, ""))).isEqualTo(Variant.LEGACY);
    }

    @Test
    void legacyRulesThatMayNotBeReadAreNotTakenForNone() throws Exception {
        Result denied = new Result(1, "", "iptables-save v1.8.9 (legacy): Cannot initialize: Permission denied\n");
        ScriptedTools tools = both(NFT, RULE, "", "", "").on("iptables-legacy-save", denied);

        assertThat(new VariantDetector(tools, family -> Set.of()).detect(Variant.LEGACY))
                .as("nobody has used the legacy variant")
                .isEqualTo(Variant.NFT);
        VariantDetector unknowing =
                new VariantDetector(tools, family -> family == IpFamily.IPV4 ? Set.of("nat") : Set.of());
        assertThatThrownBy(() -> unknowing.detect(Variant.NFT))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("legacy tables of IPv4 (nat)")
                .hasMessageContaining("CAP_NET_RAW");
        assertThat(new VariantDetector(both(NFT, HINT, "", "", ""), family -> Set.of("nat")).detect(Variant.NFT))
                .as("kubelet has said it")
                .isEqualTo(Variant.NFT);
    }

    @Test
    void anOverrideAsksNobody() throws Exception {
        ScriptedTools tools = both(NFT, TWO_RULES, "", "", "");

        assertThat(IptablesTools.discover(tools, Optional.of(Variant.LEGACY)).variant())
                .isEqualTo(Variant.LEGACY);
        assertThat(tools.run()).noneMatch(command -> command.program().endsWith("-save"));
    }

    @Test
    void plainNamesServeWhereTheVariantsHaveNone() throws Exception {
        ScriptedTools tools = new ScriptedTools()
                .on("iptables --version", "iptables v1.6.1\n")
                .on("ip6tables-restore --noflush", "")
                .on("ip6tables-save -t nat", "saved");
        Iptables iptables = IptablesTools.discover(tools, Optional.empty()).open(IpFamily.IPV6);

        assertThat(iptables.variant()).isEqualTo(Variant.LEGACY);
        assertThat(iptables.family()).isEqualTo(IpFamily.IPV6);
        assertThat(iptables.supportsRandomFully()).as("before 1.6.2").isFalse();
        iptables.restore("*nat\nCOMMIT\n");
        assertThat(tools.run().getLast().input()).isEqualTo("*nat\nCOMMIT\n");
        assertThat(iptables.save("nat")).isEqualTo("saved");
    }

    @Test
    void namesThePackageWhenThereAreNoTools() {
        assertThatThrownBy(() -> IptablesTools.discover(new ScriptedTools(), Optional.empty()))
                .hasMessage("iptables is not installed (install the Debian package iptables)");
    }

    @Test
    void refusesAVariantThatIsNotInstalled() {
        ScriptedTools tools = new ScriptedTools().on("iptables --version", NFT);

        assertThatThrownBy(() -> IptablesTools.discover(tools, Optional.of(Variant.LEGACY)))
                .hasMessageContaining("iptables-legacy-restore is not installed")
                .hasMessageContaining("1.8.9 (nf_tables)");
    }

    @Test
    void tellsWhyAFamilyIsNotSupported() throws Exception {
        String probe = "ip6tables-nft -w 5 -t nat -S POSTROUTING";
        ScriptedTools tools = both(NFT, "", "", "", "")
                .on(probe, new Result(3, "", "can't initialize ip6tables table `nat': Table does not exist\n"));
        IptablesTools.Support no =
                IptablesTools.discover(tools, Optional.empty()).supported(IpFamily.IPV6);
        tools.on(probe, "-P POSTROUTING ACCEPT\n");
        IptablesTools.Support yes =
                IptablesTools.discover(tools, Optional.empty()).supported(IpFamily.IPV6);

        assertThat(no.available()).isFalse();
        assertThat(no.reason()).contains("ip6tables-nft", "Table does not exist");
        assertThat(yes).isEqualTo(new IptablesTools.Support(true, "ip6tables-nft 1.8.9 (nf_tables)"));
    }

    @ParameterizedTest
    @CsvSource({
        "iptables v1.8.9 (nf_tables), 1.8.9 (nf_tables), true",
        "iptables v1.8.11 (legacy), 1.8.11 (legacy), true",
        "iptables v1.6.2, 1.6.2 (legacy), true",
        "iptables v1.6.1, 1.6.1 (legacy), false",
        "iptables v1.4.21, 1.4.21 (legacy), false",
        "iptables v2.0, 2.0.0 (legacy), true",
    })
    void versions(String text, String read, boolean waits) {
        ToolVersion version = ToolVersion.parse(text).orElseThrow();

        assertThat(version).hasToString(read);
        assertThat(version.atLeast(ToolVersion.RESTORE_WAITS)).isEqualTo(waits);
    }

    private static Variant detect(ScriptedTools tools) throws Exception {
        return IptablesTools.discover(tools, Optional.empty()).variant();
    }
}
