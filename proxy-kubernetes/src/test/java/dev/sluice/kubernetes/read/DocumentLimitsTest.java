// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentLimitsTest {

    interface Reader {
        List<Tree> documents(byte[] content) throws DocumentSyntaxException;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"[|]", "{\"a\":|}", "'- '|''"})
    void nestingIsBoundedInYaml(String open, String close) throws DocumentSyntaxException {
        refusesToo(YamlTree::documents, open, close.equals("}") ? "1" : "", close);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"[|]", "{\"a\":|}"})
    void nestingIsBoundedInJson(String open, String close) throws DocumentSyntaxException {
        refusesToo(DocumentLimitsTest::json, open, close.equals("}") ? "1" : "", close);
    }

    private static List<Tree> json(byte[] content) throws DocumentSyntaxException {
        List<Tree> documents = new ArrayList<>();
        JsonTree.documents(content, documents::add);
        return documents;
    }

    private static void refusesToo(Reader reader, String open, String middle, String close)
            throws DocumentSyntaxException {
        for (int depth : new int[] {65, 50_000}) {
            byte[] deep = nested(depth, open, middle, close);
            assertThatThrownBy(() -> reader.documents(deep))
                    .isInstanceOf(DocumentSyntaxException.class)
                    .hasMessageContaining("nested deeper than 64 levels")
                    .extracting(e -> ((DocumentSyntaxException) e).line())
                    .isEqualTo(1);
        }
        assertThat(reader.documents(nested(64, open, middle, close))).hasSize(1);
    }

    private static byte[] nested(int depth, String open, String middle, String close) {
        return utf8(open.repeat(depth) + middle + close.repeat(depth));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{", "{\"a\":", "- ", "? ", "!!x [", "&a [", "a:\n-\n"})
    void aHundredKilobytesOfAnythingThatNestsAreRefused(String piece) {
        byte[] content = utf8(piece.repeat(100_000 / piece.length()));

        assertThatThrownBy(() -> YamlTree.documents(content)).isInstanceOf(DocumentSyntaxException.class);
        assertThatThrownBy(() -> JsonTree.documents(content, document -> {}))
                .isInstanceOf(DocumentSyntaxException.class);
    }

    @Test
    void whatAliasesStandForIsBounded() throws DocumentSyntaxException {
        StringBuilder laughs = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int level = 1; level < 10; level++) {
            laughs.append("a%d: &a%d [".formatted(level, level))
                    .append("*a%d, ".formatted(level - 1).repeat(10))
                    .append("]\n");
        }
        assertThatThrownBy(() -> YamlTree.documents(utf8(laughs.toString())))
                .isInstanceOf(DocumentSyntaxException.class)
                .hasMessageContaining("its aliases stand for more than 100000 values");

        assertThat(YamlTree.documents(utf8("a: &a [1, 2]\nb: [" + "*a, ".repeat(30_000) + "]\n")))
                .hasSize(1);
    }

    /** With the parser's default buffer, a string of 4 MB allocated 33 GB. */
    @ParameterizedTest
    @ValueSource(strings = {"a: %s", "a: \"%s\"", "a: '%s'", "a: |\n  %s\n", "# %s\na: b"})
    @Tag("slow")
    void aLongStringCostsItsSize(String document) throws DocumentSyntaxException {
        byte[] content = utf8(document.formatted("x".repeat(UserFile.MAX_BYTES - 100)));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        assertThat(YamlTree.documents(content)).hasSize(1);

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(40L * UserFile.MAX_BYTES);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
