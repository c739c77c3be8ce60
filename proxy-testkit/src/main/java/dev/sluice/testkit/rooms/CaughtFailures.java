// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The places in a room's sources that may catch a failure of the virtual machine, or get one as the failure of a
 * future, and go on without asking {@code ProcessEnd} whether it is one. Sources are read, since a compiled
 * try-with-resources catches everything.
 */
final class CaughtFailures {
    private static final Pattern CATCH = Pattern.compile("catch \\(([^)]*?)\\s(\\w+)\\) \\{");
    /** A catch of {@code StackOverflowError} or {@code LinkageError} alone goes on on purpose. */
    private static final Pattern MAY_BE_FATAL = Pattern.compile(
            "\\b(Throwable|Error|VirtualMachineError|OutOfMemoryError|InternalError|UnknownError|ExecutionException"
                    + "|CompletionException)\\b");

    /** A future that nobody can read: the failure of what is submitted would stay in it. */
    private static final Pattern UNREAD = Pattern.compile("var _ =[^;]{0,80}?\\.(submit|invokeAll|invokeAny)\\(");

    private static final Set<String> ENDS_OTHERWISE = Set.of(
            // ends the process
            "ProcessEnd.java",
            // its observer ends the process
            "SyncLoop.java");

    private CaughtFailures() {}

    /** The places in {@code proxy-ROOM}, as {@code file: code}. */
    static List<String> of(String room) throws IOException {
        Path sources = Launcher.repository().resolve("proxy-" + room).resolve("src/main/java");
        List<String> places = new ArrayList<>();
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
                String name = String.valueOf(file.getFileName());
                in(TextFile.read(file)).stream()
                        .filter(found -> !ENDS_OTHERWISE.contains(name))
                        .forEach(found -> places.add(name + ": " + found));
            }
        }
        return places;
    }

    /** Whether {@code block} throws the failure, or its cause, again. */
    private static boolean rethrows(String block, String failure) {
        return Pattern.compile("throw (Downcall\\.)?rethrown\\(|-> throw error;|throw %s;".formatted(failure))
                .matcher(block)
                .find();
    }

    /** The same in the text of one file. */
    static List<String> in(String source) {
        List<String> places = new ArrayList<>();
        Matcher caught = CATCH.matcher(source);
        while (caught.find()) {
            String block = block(source, caught.end());
            if (MAY_BE_FATAL.matcher(caught.group(1)).find()
                    && !block.contains("ProcessEnd.")
                    && !rethrows(block, caught.group(2))) {
                places.add(caught.group());
            }
        }
        Matcher unread = UNREAD.matcher(source);
        while (unread.find()) {
            places.add(unread.group());
        }
        return places;
    }

    private static String block(String source, int begin) {
        int depth = 1;
        int end = begin;
        while (depth > 0 && end < source.length()) {
            char at = source.charAt(end++);
            depth += at == '{' ? 1 : at == '}' ? -1 : 0;
        }
        return source.substring(begin, end);
    }
}
