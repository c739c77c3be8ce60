// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Who opens files. The means of the JDK lose digits of numbers below /proc and /sys, and wait for ever, or read without
 * end, what an operator may put in the place of a file.
 */
class FileReadersTest {
    /** The only sources that open a file for reading, and what they are for. Everything else calls one of them. */
    private static final Map<String, String> READERS = new TreeMap<>(Map.of(
            "proxy-kubernetes/src/main/java/dev/sluice/kubernetes/snapshot/SnapshotFile.java",
                    "checks the owner, type and size of the opened file",
            "proxy-kubernetes/src/main/java/dev/sluice/kubernetes/snapshot/SnapshotWrite.java", "opens it to write",
            "proxy-testkit/src/main/java/dev/sluice/testkit/api/TlsIdentity.java", "what keytool has written",
            "proxy-testkit/src/main/java/dev/sluice/testkit/inject/ClockShift.java", "maps it to write",
            "proxy-testkit/src/main/java/dev/sluice/testkit/inject/ThreadFaultAgent.java",
                    "runs inside the daemon, without the kit's classes",
            "proxy-linux/src/main/java/dev/sluice/linux/sysctl/KernelFiles.java", "files below /proc and /sys",
            "proxy-linux/src/main/java/dev/sluice/linux/ipvs/IpvsTable.java", "one that stays open between its reads",
            "proxy-kubernetes/src/main/java/dev/sluice/kubernetes/read/UserFile.java", "files that operators write",
            "proxy-daemon/src/main/java/dev/sluice/daemon/start/OpenFileLimit.java",
                    "loads no class of ours before it has looked: that could take one descriptor too many",
            "proxy-testkit/src/main/java/dev/sluice/testkit/lab/TextFile.java", "files that the kit's programs write"));

    private static final Pattern OPENS = Pattern.compile("\\bFiles\\s*(\\.|::)\\s*(readString|readAllLines|readAllBytes"
            + "|lines|newInputStream|newBufferedReader|newByteChannel|copy)\\b"
            + "|\\bimport\\s+static\\s+java\\.nio\\.file\\.Files\\b"
            + "|\\bFileChannel\\s*(\\.|::)\\s*open\\b"
            + "|\\b(FileInputStream|FileReader|RandomAccessFile|AsynchronousFileChannel|Scanner)\\b");

    @Test
    void nobodyElseOpensFiles() throws IOException {
        var found = new TreeSet<String>();
        for (Path source : SourceTree.production()) {
            if (opens(SourceTree.text(source))) {
                found.add(source.toString());
            }
        }
        assertThat(found).containsExactlyElementsOf(READERS.keySet());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "return Files.readString(file);",
                "Files\n    .newByteChannel(file)",
                "paths.map(Files::lines)",
                "import static java.nio.file.Files.readAllBytes;",
                "new BufferedReader(new FileReader(path))",
                "FileChannel.open(of(process))"
            })
    void seesEveryMeans(String source) {
        assertThat(opens(source)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"KernelFiles.lines(file)", "// Files.readString(file)", "\"Files.lines(\"", "Files.list(x)"})
    void seesNothingElse(String source) {
        assertThat(opens(source)).isFalse();
    }

    private static boolean opens(String source) {
        return OPENS.matcher(JavaText.code(source)).find();
    }
}
