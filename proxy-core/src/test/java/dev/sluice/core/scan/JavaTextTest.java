// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JavaTextTest {
    private static final String SOURCE = """
            /** One
             * two. */
            String a = "/* // \\""; // three
            char b = '"', c = '/'; /* four */
            String d = \"""
                // "no" comment \\\"""
                \"""; // seven
            """;

    @Test
    void literalsAreNoComments() {
        assertThat(JavaText.commentLines(SOURCE)).containsExactly(1, 2, 3, 4, 7);
    }

    @Test
    void codeIsWhatIsNeitherCommentNorLiteral() {
        assertThat(JavaText.code(SOURCE).strip())
                .isEqualTo("String a = \"\";  \nchar b = \"\", c = \"\";  \nString d = \"\";");
    }
}
