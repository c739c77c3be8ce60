// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The width of text: lines of comments and of Markdown have at most {@value #COLUMNS} columns. */
class TextWidthTest {
    private static final int COLUMNS = 120;

    /** Literals are matched too, so that nothing inside of them is taken for a comment. */
    private static final Pattern LITERAL_OR_COMMENT = Pattern.compile(
            "\"\"\"(?:[^\"\\\\]|\\\\.|\"(?!\"\"))*+\"\"\""
                    + "|\"(?:[^\"\\\\\n]|\\\\.)*+\""
                    + "|'(?:[^'\\\\\n]|\\\\.)*+'"
                    + "|(?<comment>/\\*.*?\\*/|//[^\n]*+)",
            Pattern.DOTALL);

    private static final Pattern FENCE = Pattern.compile("\\s*(```|~~~).*");
    private static final Pattern TABLE_ROW = Pattern.compile("\\s*\\|.*");

    @Test
    void commentsAreWrapped() throws IOException {
        assertThat(tooWide(".java", TextWidthTest::commentLines))
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
    void literalsAreNoComments() {
        String source = """
                /** One
                 * two. */
                String a = "/* // \\""; // three
                char b = '"', c = '/'; /* four */
                String d = \"""
                    // "no" comment \\\"""
                    \"""; // seven
                """;
        assertThat(commentLines(source)).containsExactly(1, 2, 3, 4, 7);
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
        Path repository = Launcher.repository();
        List<Path> files = files(repository, suffix);
        assertThat(files).isNotEmpty();
        List<String> found = new ArrayList<>();
        for (Path file : files) {
            String text = Files.readString(file);
            List<String> lines = text.lines().toList();
            for (int number : selection.apply(text)) {
                int width = lines.get(number - 1).length();
                if (width > COLUMNS) {
                    found.add(repository.relativize(file) + ":" + number + ": " + width + " columns");
                }
            }
        }
        return found;
    }

    /** The numbers, from 1, of the lines with a comment or a part of one. */
    private static SortedSet<Integer> commentLines(String source) {
        SortedSet<Integer> numbers = new TreeSet<>();
        Matcher matcher = LITERAL_OR_COMMENT.matcher(source);
        int line = 1;
        int counted = 0;
        while (matcher.find()) {
            line += newlines(source, counted, matcher.start());
            int last = line + newlines(source, matcher.start(), matcher.end());
            if (matcher.group("comment") != null) {
                for (int i = line; i <= last; i++) {
                    numbers.add(i);
                }
            }
            line = last;
            counted = matcher.end();
        }
        return numbers;
    }

    private static int newlines(String text, int from, int to) {
        return (int) text.substring(from, to).chars().filter(c -> c == '\n').count();
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

    /** The files of the repository with that suffix, without build output and hidden folders. */
    private static List<Path> files(Path repository, String suffix) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(repository, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.getFileName().toString();
                boolean skipped = !folder.equals(repository) && (name.startsWith(".") || name.equals("target"));
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(suffix)) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        Collections.sort(files);
        return files;
    }
}
