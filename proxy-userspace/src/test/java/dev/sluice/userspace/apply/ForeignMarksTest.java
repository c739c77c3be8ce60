// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.linux.iptables.SavedTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which rules of others are found that overwrite the mark. */
class ForeignMarksTest {
    private static final String OWN = "-A PREROUTING -m connmark --mark 0x2000/0x2000 -j SLUICE-ANSWERS\n";

    private static ForeignMarks in(String rules) {
        return ForeignMarks.in(SavedTable.parse(
                "mangle",
                "*mangle\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:SLUICE-ANSWERS - [0:0]\n:vpn - [0:0]\n"
                        + rules + "-A SLUICE-ANSWERS -j MARK --set-xmark 0x2000/0x3000\nCOMMIT\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff",
                "-A PREROUTING -m comment --comment \"a vpn\" -j MARK --set-xmark 0x1/0xffffffff",
                "-A PREROUTING -j MARK --set-xmark 0x0/0x2000",
                "-A OUTPUT -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"
            })
    void aRuleForEveryPacketIsNamed(String rule) {
        ForeignMarks found = in(OWN + rule + "\n");
        assertThat(found.always()).contains(rule);
        assertThat(found.sometimes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-A PREROUTING -i wg0 -j MARK --set-xmark 0x1/0xffffffff",
                "-A vpn -j MARK --set-xmark 0x1/0xffffffff",
                "-A OUTPUT -p udp -j MARK --set-xmark 0x3000/0xf000"
            })
    void aRuleForSomePacketsIsADoubt(String rule) {
        ForeignMarks found = in(OWN + rule + "\n");
        assertThat(found.always()).isEmpty();
        assertThat(found.sometimes()).containsExactly(rule);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-A PREROUTING -j MARK --set-xmark 0x10000/0xf0000",
                "-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff0000 --ctmask 0xff0000",
                "-A PREROUTING -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
                "-A PREROUTING -m mark --mark 0x2000/0x3000 -j ACCEPT"
            })
    void whatKeepsTheBitsIsNeither(String rule) {
        assertThat(in(OWN + rule + "\n")).isEqualTo(in(OWN));
    }

    @Test
    void aRuleBeforeOursDoesNoHarmToEveryPacket() {
        ForeignMarks found = in("-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff\n" + OWN);
        assertThat(found.always()).isEmpty();
    }
}
