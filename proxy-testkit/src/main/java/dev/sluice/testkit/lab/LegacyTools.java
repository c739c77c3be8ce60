// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.linux.process.SystemCommands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder in which {@code iptables} and its sister programs are the legacy variant. First on PATH, it makes a host
 * whose administrator chose that variant, without changing the machine's alternatives.
 */
public final class LegacyTools {
    private static final String PROGRAM = "xtables-legacy-multi";
    private static final List<String> NAMES = List.of("iptables", "ip6tables");
    private static final List<String> SUFFIXES = List.of("", "-save", "-restore");

    private LegacyTools() {}

    /** Fills {@code folder}, creating it when it does not exist. */
    public static Path linkInto(Path folder) {
        Path program = Path.of(new SystemCommands()
                .find(PROGRAM)
                .orElseThrow(() ->
                        new LabException(PROGRAM + " is not installed (run dev/setup: Debian package iptables)")));
        try {
            Files.createDirectories(folder);
            for (String name : NAMES) {
                for (String suffix : SUFFIXES) {
                    Path link = folder.resolve(name + suffix);
                    Files.deleteIfExists(link);
                    Files.createSymbolicLink(link, program);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new LabException("no tools in " + folder, e);
        }
    }

    /** Makes {@code builder} and its children look for programs in {@code folder} first. */
    static void prefer(@Nullable Path folder, ProcessBuilder builder) {
        if (folder == null) {
            return;
        }
        builder.environment().merge("PATH", folder.toString(), (path, first) -> first + ":" + path);
        // the program itself is looked up on this JVM's PATH
        Path own = folder.resolve(builder.command().getFirst());
        if (Files.exists(own)) {
            List<String> rest = builder.command().subList(1, builder.command().size());
            builder.command(
                    Stream.concat(Stream.of(own.toString()), rest.stream()).toList());
        }
    }
}
