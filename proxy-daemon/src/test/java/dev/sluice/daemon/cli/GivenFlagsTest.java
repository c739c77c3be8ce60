// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GivenFlagsTest {
    private static final List<Flag> FLAGS = List.of(
            new Flag(List.of("--config"), false, "A file."),
            new Flag(List.of("--v", "-v"), false, "Verbosity."),
            new Flag(List.of("--help", "-h"), true, "Help."));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--config=/some/file",
                "--config=",
                "--config==a=b",
                "--config=\"quoted\" --v='1'",
                "--config=first --v=4 --config=second",
                "--config=@/no/file --config=a,b",
                "--config=${HOME} --config=$$",
                "--help=true --v=0"
            })
    void readsPlainOnesAsPicocliDoes(String line) {
        List<String> args = line.isEmpty() ? List.of() : List.of(line.split(" ", -1));
        assertThat(GivenFlags.plain(args, FLAGS)).contains(new PicocliCommand(FLAGS).parse(args));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-v=4",
                "-v4",
                "--v 4",
                "--verbose=4",
                "--config",
                "plain",
                "--",
                "@file",
                "=",
                "--=x",
                "--config=-v"
            })
    void leavesAllOthersToPicocli(String line) {
        assertThat(GivenFlags.plain(List.of(line.split(" ", -1)), FLAGS)).isEmpty();
    }

    @Test
    void picocliKnowsTheOtherWaysToWriteThem() {
        GivenFlags given = new PicocliCommand(FLAGS).parse(List.of("-v4", "--config", "file"));
        assertThat(given.values().get("--v")).containsExactly("4");
        assertThat(given.values().get("--config")).containsExactly("file");
    }
}
