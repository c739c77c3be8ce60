package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleTextTest {
    @ParameterizedTest
    @CsvSource({"1, 1.00000000000", "2, 0.50000000000", "3, 0.33333333349", "4, 0.25000000000", "5, 0.20000000019"})
    void probabilities(int n, String printed) {
        assertThat(RuleText.oneIn(n)).isEqualTo("-m statistic --mode random --probability " + printed);
    }

    @Test
    void quotesOnlyWhatNeedsIt() {
        assertThat(RuleText.comment("Plain_1-x")).isEqualTo("-m comment --comment Plain_1-x");
        assertThat(RuleText.comment("shop/web")).isEqualTo("-m comment --comment \"shop/web\"");
        assertThat(RuleText.quote("a 'b' \"c\" \\d")).isEqualTo("\"a \\'b\\' \\\"c\\\" \\\\d\"");
    }

    @Test
    void wordsUndoQuoting() {
        String odd = "a 'b' \"c\" \\d -j X";
        assertThat(RuleLine.words("-m comment --comment " + RuleText.quote(odd) + " -j K"))
                .isEqualTo(List.of("-m", "comment", "--comment", odd, "-j", "K"));
    }

    @Test
    void findsTheTarget() {
        assertThat(RuleLine.target("-m comment --comment \"x -j WRONG\" -j RIGHT"))
                .contains("RIGHT");
        assertThat(RuleLine.target("-j DNAT --to-destination 10.0.0.1:80")).contains("DNAT");
        assertThat(RuleLine.target("-g K")).contains("K");
        assertThat(RuleLine.target("-m comment --comment \"x -j WRONG\"")).isEmpty();
        assertThat(RuleLine.target("")).isEmpty();
    }

    @Test
    void addresses() {
        assertThat(RuleText.source(IpAddress.of("10.0.0.1"))).isEqualTo("-s 10.0.0.1/32");
        assertThat(RuleText.destination(IpAddress.of("fd00::1"))).isEqualTo("-d fd00::1/128");
        assertThat(RuleText.source(Cidr.of("0.0.0.0/0"))).isEmpty();
        assertThat(RuleText.join("", "-p tcp", "", "-j DROP")).isEqualTo("-p tcp -j DROP");
    }

    @Test
    void marks() {
        assertThat(new PacketMark(14).set()).isEqualTo("-j MARK --set-xmark 0x4000/0x4000");
        assertThat(new PacketMark(14).flip()).isEqualTo("-j MARK --set-xmark 0x4000/0x0");
        assertThat(new PacketMark(31).isNotSet()).isEqualTo("-m mark ! --mark 0x80000000/0x80000000");
    }
}
