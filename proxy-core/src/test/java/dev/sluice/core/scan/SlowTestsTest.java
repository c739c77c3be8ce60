// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What {@code make check} leaves out: tests with the tag "slow". A test has it, on its class or on single methods, if
 * it starts processes or enters network namespaces, by itself or by what it uses of the tests and of the test kit.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SlowTestsTest {
    /** The tests that do so and are part of {@code make check}, and why. */
    private static final Map<String, String> QUICK = new TreeMap<>(Map.of(
            "proxy-conformance/src/test/java/dev/sluice/conformance/traced/TracedCatalogueTest.java",
                    "one namespace, for all scenarios of a mode with real sockets",
            "proxy-conformance/src/test/java/dev/sluice/conformance/scenario/TracedProbeTest.java",
                    "uses the lab's constants",
            "proxy-conformance/src/test/java/dev/sluice/conformance/MatrixTest.java", "starts none of its scenarios",
            "proxy-daemon/src/test/java/dev/sluice/daemon/config/ConfigFileTest.java", "mkfifo",
            "proxy-daemon/src/test/java/dev/sluice/daemon/restart/ConfigFileWatchTest.java", "mkfifo",
            "proxy-kubernetes/src/test/java/dev/sluice/kubernetes/api/OperatorFilesTest.java", "mkfifo",
            "proxy-kubernetes/src/test/java/dev/sluice/kubernetes/read/UserFileTest.java", "mkfifo",
            "proxy-userspace/src/test/java/dev/sluice/userspace/NodeUnderTest.java", "has no tests"));

    private static final Pattern SOURCES =
            Pattern.compile("(proxy-\\w+|helm)/src/test/java/.*\\.java|proxy-testkit/src/main/java/.*\\.java");

    /** What runs in the test phase, which has no packaged daemon. */
    private static final Pattern UNIT_TESTS = Pattern.compile(".*/src/test/java/(?!.*/live/).*Test\\.java");

    private static final Pattern MEANS = Pattern.compile("\\bnew (ProcessBuilder|SystemCommands)\\b"
            + "|\\bRuntime\\.getRuntime\\(\\)\\s*\\.exec\\b|\\bNetworkNamespace\\b");

    private static final String TAGGED = "@Tag(\"slow\")";
    private static final Pattern TAG = Pattern.compile("@Tag\\((?!\"slow\"\\))[^)]*\\)|@Tags\\b");

    /** A Java source; {@code code} is its text without comments and literals. */
    private record Source(String path, String text, String code) {
        Source(String path, String text) {
            this(path, text, JavaText.code(text));
        }

        String name() {
            return path.substring(path.lastIndexOf('/') + 1).replace(".java", "");
        }

        /** The path up to the name: the package, and in which module it stands. */
        String folder() {
            return path.substring(0, path.lastIndexOf('/') + 1);
        }

        boolean uses(Source other) {
            if (folder().equals(other.folder())) {
                return !name().equals(other.name()) && isNamed(other.name());
            }
            boolean visible = other.path.startsWith("proxy-testkit/src/main/")
                    || other.module().equals(module());
            String type = other.folder().replaceFirst(".*/java/", "").replace('/', '.') + other.name();
            return visible && isNamed(type);
        }

        private String module() {
            return path.substring(0, path.indexOf('/'));
        }

        private boolean isNamed(String type) {
            return code.contains(type)
                    && Pattern.compile("\\b" + Pattern.quote(type) + "\\b")
                            .matcher(code)
                            .find();
        }
    }

    private final List<Source> sources;

    SlowTestsTest() throws IOException {
        sources = read();
    }

    @Test
    void whatStartsProcessesOrEntersNamespacesIsTagged() {
        var untagged = new TreeSet<String>();
        for (Source source : using(sources)) {
            if (UNIT_TESTS.matcher(source.path).matches() && !source.text.contains(TAGGED)) {
                untagged.add(source.path);
            }
        }
        assertThat(untagged)
                .as("tests that start processes or enter network namespaces and are not tagged @Tag(\"slow\")")
                .containsExactlyElementsOf(QUICK.keySet());
    }

    @Test
    void thereIsNoOtherTag() {
        assertThat(sources).allSatisfy(source -> {
            if (!source.name().equals("SlowTestsTest")) {
                assertThat(source.text).as(source.path).doesNotContainPattern(TAG);
            }
        });
    }

    @Test
    void useIsFollowedThroughTheModuleAndTheKit() {
        Source lab = new Source(
                "proxy-testkit/src/main/java/kit/Lab.java", "package kit; class Lab { NetworkNamespace n; }");
        Source node = new Source("proxy-a/src/test/java/a/Node.java", "package a; import kit.Lab; class Node {}");
        Source same = new Source("proxy-a/src/test/java/a/SameTest.java", "package a; class SameTest { Node node; }");
        Source other =
                new Source("proxy-b/src/test/java/a/OtherTest.java", "package a; class OtherTest { Node node; }");
        Source said = new Source("proxy-a/src/test/java/a/SaidTest.java", "package a; /* Node */ class SaidTest {}");
        Source tool =
                new Source("proxy-b/src/test/java/b/ToolTest.java", "package b; Object o = new SystemCommands();");

        assertThat(using(List.of(other, said, same, tool, node, lab))).containsExactlyInAnyOrder(lab, node, same, tool);
    }

    private static List<Source> read() throws IOException {
        List<Source> sources = new ArrayList<>();
        for (Path path : SourceTree.files(SOURCES.asMatchPredicate())) {
            sources.add(new Source(path.toString(), SourceTree.text(path)));
        }
        return sources;
    }

    /** Those that start processes or enter namespaces, and those that use them. */
    private static List<Source> using(List<Source> sources) {
        List<Source> rest = new ArrayList<>(sources);
        List<Source> found = new ArrayList<>();
        List<Source> last =
                sources.stream().filter(s -> MEANS.matcher(s.code).find()).toList();
        while (!last.isEmpty()) {
            found.addAll(last);
            rest.removeAll(last);
            List<Source> reached = last;
            last = rest.stream().filter(s -> reached.stream().anyMatch(s::uses)).toList();
        }
        return found;
    }
}
