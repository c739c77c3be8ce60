// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.Datagrams;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Reads the notifications of a 6.18 kernel, as they were recorded in a namespace with iptables 1.8.9 and nft 1.0.6. */
final class NftCommitsTest {
    private final List<ForeignChange> edits = new ArrayList<>();
    private final NftCommits commits = new NftCommits(
            (family, chain) -> chain.kind().equals("nat")
                    && List.of("KUBE-SERVICES", "PREROUTING", "OUTPUT").contains(chain.name()),
            edits::add);

    @Test
    void replacedRule() throws Exception {
        hear("iptables-nft -t nat -R KUBE-SERVICES 1 -d 10.0.0.2 -j RETURN");
        ForeignChange edit = edits.getFirst();
        assertThat(edits).hasSize(1);
        assertThat(edit.family()).isEqualTo(IpFamily.IPV4);
        assertThat(edit.by()).startsWith("iptables-nft (pid ");
        assertThat(edit.everything()).isFalse();
        assertThat(edit.objects()).isEqualTo(Set.of(new KernelObject("nat", "KUBE-SERVICES")));
    }

    @Test
    void renamedChainDoesNotTellItsOldName() throws Exception {
        hear("iptables-nft -t nat -E KUBE-SERVICES FOO");
        assertThat(edits).singleElement().matches(ForeignChange::everything);
    }

    @Test
    void flushedRuleset() throws Exception {
        hear("nft flush ruleset");
        assertThat(edits).singleElement().matches(ForeignChange::everything);
        assertThat(edits.getFirst().by()).startsWith("nft (pid ");
    }

    @Test
    void lossMakesEverythingSuspectInBothFamilies() {
        commits.lost();
        assertThat(edits).hasSize(2).allMatch(ForeignChange::everything);
    }

    @Test
    void whatIsOfNoInterestIsNotTold() throws Exception {
        List<ForeignChange> heard = new ArrayList<>();
        NftCommits deaf = new NftCommits((family, chain) -> false, heard::add);
        for (byte[] datagram : recorded("iptables-nft -t nat -R KUBE-SERVICES 1 -d 10.0.0.2 -j RETURN")) {
            Datagrams.deliver(datagram, deaf);
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void cutOffAnnouncementIsAnErrorAndNoCrash() throws Exception {
        byte[] datagram = recorded("iptables-nft -t nat -R KUBE-SERVICES 1 -d 10.0.0.2 -j RETURN")
                .getFirst();
        for (int length = 0; length < 250; length++) {
            byte[] cut = datagram.clone();
            cut[0] = (byte) Math.max(16, length); // the message claims less than it holds
            try {
                Datagrams.deliver(cut, commits);
            } catch (NetlinkException e) {
                assertThat(e).hasMessageContaining("announcement");
            }
        }
    }

    private void hear(String command) throws Exception {
        for (byte[] datagram : recorded(command)) {
            Datagrams.deliver(datagram, commits);
        }
    }

    private static List<byte[]> recorded(String command) throws IOException {
        List<byte[]> datagrams = new ArrayList<>();
        try (InputStream file = Objects.requireNonNull(NftCommitsTest.class.getResourceAsStream("announcements.txt"))) {
            boolean wanted = false;
            for (String line : new String(file.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList()) {
                if (line.startsWith("#")) {
                    wanted = line.equals("# " + command);
                } else if (wanted) {
                    datagrams.add(HexFormat.of().parseHex(line));
                }
            }
        }
        assertThat(datagrams).as(command).isNotEmpty();
        return datagrams;
    }
}
