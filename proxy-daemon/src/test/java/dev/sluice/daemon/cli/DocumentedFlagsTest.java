// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.daemon.config.KnownModes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/flags.md has every flag, and the defaults that the code has. */
class DocumentedFlagsTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "flags.md");

    /** The columns of the table of flags that set a field: flag, field, default, what it does. */
    private static String row(ConfigFlag flag) {
        String inFile = flag.field().support() == ConfigField.Support.FLAG_ONLY
                ? "none; counts beside a file too"
                : code(flag.field().path()) + (flag.countsBesideFile() ? ", also beside a file" : "");
        return "| " + code("--" + flag.name()) + " | " + inFile + " | " + code(flag.defaultText()) + " | "
                + flag.description() + " |";
    }

    private static String code(String text) {
        return text.isEmpty() ? "" : "`" + text + "`";
    }

    @Test
    void everyFlagThatSetsAFieldHasARowWithItsDefault() throws IOException {
        List<String> rows = KnownModes.SCHEMA.flags().stream()
                .sorted(Comparator.comparing(ConfigFlag::name))
                .map(DocumentedFlagsTest::row)
                .toList();
        List<String> inTable = Files.readAllLines(DOCUMENT).stream()
                .filter(line -> line.startsWith("| `--")
                        && line.chars().filter(c -> c == '|').count() == 5)
                .toList();
        assertThat(inTable)
                .as("docs/flags.md should have these rows:%n%s", String.join("\n", rows))
                .isEqualTo(rows);
    }

    @Test
    void everyOtherFlagIsNamed() throws IOException {
        String text = Files.readString(DOCUMENT);
        CommandLineParser parser = new CommandLineParser(KnownModes.SCHEMA);
        assertThat(parser.flagNames()).allSatisfy(name -> assertThat(text).contains("`" + name + "`"));
    }
}
