// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.RestoreException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FakeIptablesTest {
    private final FakeIptables tools = new FakeIptables(IpFamily.IPV4);

    @ParameterizedTest(name = "{0} fails in line {1}")
    @CsvSource({
        "'*nat|:A - [0:0]|-A A -j NOPE|COMMIT', 3",
        "'*nat|:A - [0:0]|-A B -j RETURN|COMMIT', 3",
        "'*nat|:A - [0:0]|-A PREROUTING -j A|-X A|COMMIT', 4",
        "'*nat|:A - [0:0]|-A A -j RETURN|-X A|COMMIT', 4",
        "'*nat|-X NOSUCH|COMMIT', 2",
        "'*nat|-X PREROUTING|COMMIT', 2",
        "'*nat|:AAAAAAAAAAAAAAAAAAAAAAAAAAAAA - [0:0]|COMMIT', 2",
        "'*nat|:FORWARD - [0:0]|COMMIT', 2",
        "'*nat|-D PREROUTING -j RETURN|COMMIT', 2",
        "'*nat|-D PREROUTING 1|COMMIT', 2",
        "'*nat|-I PREROUTING 5 -j RETURN|COMMIT', 2",
        "'*nosuch|COMMIT', 1",
        "'*nat|:A - [0:0]|:B - [0:0]|-A A -j B|-A B -j A|-A OUTPUT -j A|COMMIT', 7",
        "'*nat|:A - [0:0]', 2",
        "'*nat|*filter|COMMIT', 2",
        "'-A A -j DROP', 1",
        "'*nat|-Q A|COMMIT', 2",
        "'*nat|:A - [0:0]|-A A -j PREROUTING|COMMIT', 3",
    })
    void refuses(String input, int line) {
        RestoreException refused = catchThrowableOfType(RestoreException.class, () -> restore(input));

        assertThat(refused.line()).hasValue(line);
        assertThat(refused.lineText()).isEqualTo(input.split("\\|")[line - 1]);
        assertThat(refused).hasMessageContaining("line " + line + " failed");
        assertThat(tools.inForce("nat").has("A")).as("the table is as it was").isFalse();
    }

    @Test
    void eachTableCommitsAlone() {
        assertThatThrownBy(() -> restore("*filter|:F - [0:0]|COMMIT|*nat|:N - [0:0]|-A N -j NOPE|COMMIT"))
                .isInstanceOf(RestoreException.class);

        assertThat(tools.inForce("filter").has("F")).isTrue();
        assertThat(tools.inForce("nat").has("N")).isFalse();
    }

    @Test
    void aDeclaredChainIsFlushedAndOthersAreKept() throws Exception {
        restore("*nat|:A - [0:0]|:B - [0:0]|-A A -j ACCEPT|-A B -j ACCEPT|-A PREROUTING -j A|COMMIT");
        restore("*nat|:A - [0:0]|-A A -j RETURN|-I PREROUTING -j B|-I PREROUTING 2 -p tcp -j B|COMMIT");

        assertThat(tools.rules("nat", "A")).containsExactly("-j RETURN");
        assertThat(tools.rules("nat", "B")).containsExactly("-j ACCEPT");
        assertThat(tools.rules("nat", "PREROUTING")).containsExactly("-j B", "-p tcp -j B", "-j A");
    }

    @Test
    void aChainGoesOnceNothingRefersToIt() throws Exception {
        restore("*nat|:A - [0:0]|-A PREROUTING -j A|COMMIT");
        restore("*nat|:A - [0:0]|-D PREROUTING -j A|-X A|COMMIT");

        assertThat(tools.inForce("nat").chains()).containsExactly("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING");
    }

    @Test
    void printsWhatIptablesSavePrints() throws Exception {
        restore("*filter|:B - [0:0]|:A - [0:0]|-A B -j DROP|-A INPUT -j B|-A A|COMMIT");

        assertThat(tools.save("filter")).contains("""
                        *filter
                        :INPUT ACCEPT [0:0]
                        :FORWARD ACCEPT [0:0]
                        :OUTPUT ACCEPT [0:0]
                        :A - [0:0]
                        :B - [0:0]
                        -A INPUT -j B
                        -A A
                        -A B -j DROP
                        COMMIT
                        """);
        assertThat(tools.save("nat")).as("nft knows a table once it is used").isEmpty();
        assertThat(new FakeIptables(IpFamily.IPV4, Variant.LEGACY).save("nat")).contains(":PREROUTING ACCEPT [0:0]");
    }

    @Test
    void countsCallsAndBytes() throws Exception {
        String input = "*nat\n:A - [0:0]\nCOMMIT\n";
        tools.restore(input);
        tools.byOthers("*nat\n:X - [0:0]\nCOMMIT\n");
        tools.save("nat");

        assertThat(tools.restores()).isEqualTo(1);
        assertThat(tools.lastInput()).isEqualTo(input);
        assertThat(tools.bytes()).isEqualTo(input.length());
        assertThat(tools.saves()).isEqualTo(1);
        tools.resetCounts();
        assertThat(tools.restores() + tools.bytes() + tools.saves()).isZero();
    }

    @Test
    void failsOnceWhenTold() throws Exception {
        tools.failNextRestore("no room");
        tools.failNextSave("no save");

        assertThatThrownBy(() -> restore("*nat|:A - [0:0]|COMMIT")).hasMessage("no room");
        assertThat(tools.inForce("nat").has("A")).isFalse();
        assertThatThrownBy(() -> tools.save("nat"))
                .isInstanceOf(KernelException.class)
                .hasMessage("no save");
        restore("*nat|:A - [0:0]|COMMIT");
        assertThat(tools.save("nat")).contains(":A -");
    }

    @Test
    void asksForSets() throws Exception {
        tools.withSets("KNOWN"::equals);
        restore("*nat|-A PREROUTING -m set --match-set KNOWN dst -j ACCEPT|COMMIT");

        assertThatThrownBy(() -> restore("*nat|-A PREROUTING -m set --match-set OTHER dst -j ACCEPT|COMMIT"))
                .hasMessageContaining("Set OTHER doesn't exist");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-m tcp -p tcp --dport 80 -j DROP",
                "-p tcp --dport 80 -j DROP",
                "-p TCP -j DROP",
                "-d 10.0.0.1 -j DROP",
                "-d 10.0.0.1/8 -j DROP",
                "-s 0.0.0.0/0 -j DROP",
                "-d fd00::1/128 -j DROP",
                "-d 10.0.0.1/32 -s 10.0.0.2/32 -j DROP",
                "-m comment --comment shop/web -j DROP",
                "-m comment --comment \"plain\" -j DROP",
                "-m mark --mark 0x00004000/0x00004000 -j DROP",
                "-j MARK --or-mark 0x4000",
                "-j REJECT",
                "-m statistic --mode random --probability 0.5 -j DROP",
                "-m recent --name X --set -j DROP",
                "-p tcp  -j DROP",
                "-p tcp -p tcp -j DROP",
                "-j REDIRECT --to-port 80",
            })
    void refusesRulesThatSaveWouldSpellDifferently(String spec) {
        assertThatThrownBy(() -> restore("*filter|-A INPUT " + spec + "|COMMIT"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(spec);
    }

    private void restore(String input) throws RestoreException {
        tools.restore(input.replace("|", "\n") + "\n");
    }
}
