// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What an operator filters by is a field of its own in a log message, so that it is one in JSON: family, object,
 * file, cause. A sentence may name it besides. Details for developers (below information) are not looked at.
 */
class LogFieldsTest {
    private static final Pattern LOOKED_AT =
            Pattern.compile("proxy-(?!testkit|conformance|drills|bench)\\w+/src/main/.*\\.java");
    private static final String LITERAL = "\"(?:\\\\.|[^\"\\\\])*\"";
    private static final Pattern WITHOUT_FIELDS =
            Pattern.compile("\\bLOG\\s*\\.(info|warn|error)\\(((?:" + LITERAL + "|[^;\"]++)*+);");
    private static final Pattern FIELD = Pattern.compile(
            "\\b(\\w*[fF]amily|\\w*[sS]ervice|endpoint|node|nodeName|path|file|directory|port|server|resource|verb)\\b"
                    + "|\\.(getMessage|toString|family|path|server|plural)\\(\\)");

    @Test
    void whatIsFilteredByIsAField() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : SourceTree.files(LOOKED_AT.asMatchPredicate())) {
            Matcher statement = WITHOUT_FIELDS.matcher(SourceTree.text(file));
            while (statement.find()) {
                if (FIELD.matcher(statement.group(2).replaceAll(LITERAL, "")).find()) {
                    found.add(file + ": " + statement.group());
                }
            }
        }
        assertThat(found).isEmpty();
    }
}
