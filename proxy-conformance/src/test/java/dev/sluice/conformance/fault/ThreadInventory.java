// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The threads of the daemon, as its code names them and as they were seen in running ones. */
final class ThreadInventory {
    private static final List<String> ROOMS =
            List.of("core", "linux", "kubernetes", "iptables", "ipvs", "nftables", "userspace", "daemon");
    private static final Pattern NAMED =
            Pattern.compile("(?:SupervisedThread\\.(?:vital|restarting|task|factory)|new (?:SupervisedTimer|HttpLoop))"
                    + "\\(\\s*\"([^\"]+)\"(?!\\s*\\+)");

    private ThreadInventory() {}

    /** The names that stand in the code. */
    static Set<String> ofTheCode() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String room : ROOMS) {
            Path sources = Launcher.repository().resolve("proxy-" + room).resolve("src/main/java");
            try (Stream<Path> files = Files.walk(sources)) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .map(ThreadInventory::named)
                        .forEach(names::addAll);
            }
        }
        return names;
    }

    private static List<String> named(Path file) {
        try {
            return NAMED.matcher(TextFile.read(file))
                    .results()
                    .map(found -> found.group(1))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Those of {@code threads} that no row and no reason names.
     *
     * @param documented names, with N for a number and an asterisk for anything
     */
    static List<String> missing(Collection<String> threads, Collection<String> documented) {
        List<Pattern> patterns = documented.stream()
                .map(name -> Pattern.compile(Pattern.quote(name)
                        .replaceAll("N(?![a-z])", "\\\\E\\\\d+\\\\Q")
                        .replace("*", "\\E.*\\Q")))
                .toList();
        return threads.stream()
                .filter(thread -> patterns.stream().map(p -> p.matcher(thread)).noneMatch(Matcher::matches))
                .sorted()
                .toList();
    }
}
