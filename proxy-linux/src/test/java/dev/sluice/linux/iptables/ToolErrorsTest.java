// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.linux.process.CommandRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts as iptables 1.8.9 wrote them. */
class ToolErrorsTest {
    private static final String INPUT =
            "*nat\n:A - [0:0]\n-A A -j B\n-A A -j C\n-A A -j D\n-A A -j E\n-A A -j F\nCOMMIT\n";

    @ParameterizedTest
    @CsvSource({
        "'iptables-nft-restore: line 3 failed: No chain/target/match by that name.', 3",
        "'iptables-restore: line 4 failed', 4",
        "'iptables-nft-restore v1.8.9 (nf_tables): Chain ''NOPE'' does not exist|Error occurred at line: 4|Try `x', 4",
        "'iptables-restore v1.8.9 (legacy): Couldn''t load target `NOPE'':No such file or directory||Error occurred at line: 3', 3",
        "'iptables-nft-restore v1.8.9 (nf_tables): |line 4: CHAIN_DEL failed (Device or resource busy): chain A', 4",
        "'iptables-nft-restore: COMMIT expected at line 8', 8",
        "'invalid port/service `line 7 failed'' specified|Error occurred at line: 3', 7",
    })
    void findsTheLine(String errors, int line) {
        RestoreException failure = failed("iptables-nft-restore", 1, errors.replace('|', '\n'));

        assertThat(failure.line()).hasValue(line);
        assertThat(failure.lineText()).isEqualTo(INPUT.lines().toList().get(line - 1));
    }

    @Test
    void showsThreeLinesOfContext() {
        RestoreException failure =
                failed("iptables-legacy-restore", 2, "iptables-restore: line 5 failed\nTry `iptables-restore -h'");

        assertThat(failure).hasMessage("""
                        iptables-legacy-restore failed in line 5 of 8: iptables-restore: line 5 failed
                          2: :A - [0:0]
                          3: -A A -j B
                          4: -A A -j C
                        > 5: -A A -j D
                          6: -A A -j E
                          7: -A A -j F
                          8: COMMIT""");
    }

    @Test
    void saysWhatToDoAboutRightsAndLocks() {
        assertThat(failed("r", 4, "Fatal: can't open lock file /run/xtables.lock: Permission denied"))
                .hasMessageContaining("run as root");
        assertThat(failed("r", 1, "iptables-nft-restore v1.8.9 (nf_tables): Can't open socket to ipset."))
                .hasMessageContaining("CAP_NET_RAW")
                .extracting(RestoreException::isSetLookupDenied)
                .isEqualTo(true);
        assertThat(failed("r", 4, "Another app is currently holding the xtables lock."))
                .hasMessageContaining("the next sync tries again")
                .extracting(failure -> failure.line().isPresent())
                .isEqualTo(false);
    }

    @Test
    void aNumberBeyondTheInputIsNoLine() {
        assertThat(failed("r", 1, "COMMIT expected at line 9"))
                .hasMessage("r failed after the last of 8 lines: COMMIT expected at line 9")
                .extracting(failure -> failure.line().isPresent())
                .isEqualTo(false);
        assertThat(failed("r", 9, "")).hasMessage("r failed: exit status 9");
    }

    @Test
    void namesTheSignalThatEndedTheTool() {
        assertThat(failed("r", 143, ""))
                .hasMessage("r failed: exit status 143: something else ended it by signal 15, SIGTERM");
        assertThat(failed("r", 128 + 40, "")).hasMessageEndingWith("by signal 40");
    }

    @Test
    void longErrorsAreCut() {
        assertThat(failed("r", 1, "first" + "x".repeat(100_000) + "last"))
                .message()
                .hasSizeLessThan(2100)
                .contains("first", "last", "[98009 characters left out]");
    }

    private static RestoreException failed(String program, int status, String errors) {
        return ToolErrors.restoreFailed(program, new CommandRunner.Result(status, "", errors), INPUT);
    }
}
