// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The width of text: lines of comments and of Markdown have at most {@value #COLUMNS} columns. */
class TextWidthTest {
    private static final int COLUMNS = 120;
    private static final Pattern FENCE = Pattern.compile("\\s*(```|~~~).*");
    private static final Pattern TABLE_ROW = Pattern.compile("\\s*\\|.*");

    @Test
    void commentsAreWrapped() throws IOException {
        assertThat(tooWide(".java", JavaText::commentLines))
                .as("lines of comments over %s columns", COLUMNS)
                .isEmpty();
    }

    @Test
    void markdownIsWrapped() throws IOException {
        assertThat(tooWide(".md", TextWidthTest::markdownLines))
                .as("lines of Markdown over %s columns", COLUMNS)
                .isEmpty();
    }

    @Test
    void tablesAndCodeAreNoText() {
        String text = """
                text
                | a | b |
                  ```sh
                code
                  ```
                text
                """;
        assertThat(markdownLines(text)).containsExactly(1, 6);
    }

    /** {@code FILE:LINE: COLUMNS columns} for each line that {@code selection} numbers and that is too wide. */
    private static List<String> tooWide(String suffix, Function<String, SortedSet<Integer>> selection)
            throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : SourceTree.files(path -> path.endsWith(suffix))) {
            String text = SourceTree.text(file);
            List<String> lines = text.lines().toList();
            for (int number : selection.apply(text)) {
                int width = lines.get(number - 1).length();
                if (width > COLUMNS) {
                    found.add(file + ":" + number + ": " + width + " columns");
                }
            }
        }
        return found;
    }

    /** The numbers, from 1, of the lines outside of tables and code fences. */
    private static SortedSet<Integer> markdownLines(String text) {
        SortedSet<Integer> numbers = new TreeSet<>();
        List<String> lines = text.lines().toList();
        boolean code = false;
        for (int i = 0; i < lines.size(); i++) {
            if (FENCE.matcher(lines.get(i)).matches()) {
                code = !code;
            } else if (!code && !TABLE_ROW.matcher(lines.get(i)).matches()) {
                numbers.add(i + 1);
            }
        }
        return numbers;
    }
}
