// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every link of a document to a file of the repository leads to one, and every anchor to a heading. */
class DocumentLinksTest {
    private static final Pattern CODE = Pattern.compile("(?ms)^\\s*(```|~~~).*?^\\s*\\1\\s*$|`[^`\n]*`");
    private static final Pattern LINK = Pattern.compile("]\\(\\s*([^)\\s]+)\\s*\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *$");
    private static final Pattern FENCE = Pattern.compile("(?ms)^\\s*(```|~~~).*?^\\s*\\1\\s*$");

    @Test
    void everyRelativeLinkLeadsSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        int checked = 0;
        for (Path document : SourceTree.files(path -> path.endsWith(".md"))) {
            for (String target : links(SourceTree.text(document))) {
                checked++;
                if (!leadsSomewhere(document, target)) {
                    broken.add(document + ": " + target);
                }
            }
        }
        assertThat(broken).as("links that lead nowhere").isEmpty();
        assertThat(checked).isGreaterThan(20);
    }

    @Test
    void brokenLinksAreSeen() throws IOException {
        Path document = Path.of("docs", "usage.md");
        assertThat(leadsSomewhere(document, "flags.md")).isTrue();
        assertThat(leadsSomewhere(document, "../README.md#status")).isTrue();
        assertThat(leadsSomewhere(document, "#one-proxy-for-each-node")).isTrue();
        assertThat(leadsSomewhere(document, "flag.md")).isFalse();
        assertThat(leadsSomewhere(document, "flags.md#no-such-heading")).isFalse();
        assertThat(leadsSomewhere(document, "../../flags.md")).isFalse();
        assertThat(links("[a](b.md), `[c](d.md)`\n```\n[e](f.md)\n```\n[g](h)")).containsExactly("b.md", "h");
    }

    /** The targets outside of code that name no other host. */
    private static List<String> links(String text) {
        return LINK.matcher(CODE.matcher(text).replaceAll("``"))
                .results()
                .map(link -> link.group(1))
                .filter(target -> !target.matches("[a-z]+:.*"))
                .toList();
    }

    private static boolean leadsSomewhere(Path document, String target) throws IOException {
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        Path folder = document.getParent() == null ? Path.of("") : document.getParent();
        Path path = file.isEmpty() ? document : folder.resolve(file).normalize();
        if (path.startsWith("..") || !SourceTree.exists(path)) {
            return false;
        }
        return hash < 0 || anchors(SourceTree.text(path)).contains(target.substring(hash + 1));
    }

    /** As the forges make them: lower case, no punctuation, hyphens for blanks. */
    private static Set<String> anchors(String text) {
        return HEADING.matcher(FENCE.matcher(text).replaceAll(""))
                .results()
                .map(DocumentLinksTest::anchor)
                .collect(Collectors.toSet());
    }

    private static String anchor(MatchResult heading) {
        return heading.group(1)
                .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }
}
