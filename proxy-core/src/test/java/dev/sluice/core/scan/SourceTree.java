// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The files of the repository, without build output and hidden folders. Paths are relative to its top. */
final class SourceTree {
    /** The closest folder, at or above the current one, that has the launcher. */
    private static final Path TOP = top();

    private static final Pattern PRODUCTION = Pattern.compile("proxy-\\w+/src/main/java/.*\\.java");

    private SourceTree() {}

    private static Path top() {
        Path start = Path.of("").toAbsolutePath();
        for (Path at = start; at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("sluice")) && Files.exists(at.resolve("pom.xml"))) {
                return at;
            }
        }
        throw new IllegalStateException("no repository at or above " + start);
    }

    /** The files whose path {@code which} accepts, sorted; there is at least one. */
    static List<Path> files(Predicate<String> which) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(TOP, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.getFileName().toString();
                boolean skipped = !folder.equals(TOP) && (name.startsWith(".") || name.equals("target"));
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                Path relative = TOP.relativize(file);
                if (attributes.isRegularFile() && which.test(relative.toString())) {
                    files.add(relative);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        if (files.isEmpty()) {
            throw new IllegalStateException("no file is scanned in " + TOP);
        }
        Collections.sort(files);
        return files;
    }

    /** The Java sources of all modules without their tests. */
    static List<Path> production() throws IOException {
        return files(PRODUCTION.asMatchPredicate());
    }

    static boolean exists(Path relative) {
        return Files.exists(TOP.resolve(relative));
    }

    static String text(Path relative) throws IOException {
        return Files.readString(TOP.resolve(relative));
    }
}
