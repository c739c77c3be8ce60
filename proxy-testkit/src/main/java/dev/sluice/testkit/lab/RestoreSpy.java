// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.process.SystemCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A wrapper of the {@code iptables-restore} programs: it records their input, and makes the next calls fail on demand
 * as if another process held the lock.
 */
public final class RestoreSpy {
    private static final List<String> VARIANTS = List.of("-nft", "-legacy");
    private final Path folder;

    /** @param folder an existing folder for the spy alone */
    public RestoreSpy(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(folder.resolve("bin"));
            for (IpFamily family : IpFamily.values()) {
                Files.createDirectories(given(family));
                Files.createDirectories(refusals(family));
                for (String variant : VARIANTS) {
                    write(family, tool(family) + variant + "-restore");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(IpFamily family, String program) throws IOException {
        String real = new SystemCommands().find(program).orElse("");
        if (real.isEmpty()) {
            return;
        }
        Path script = Files.writeString(
                folder.resolve("bin").resolve(program), """
                #!/bin/sh
                for refusal in %s/*; do
                    if [ -e "$refusal" ]; then
                        rm "$refusal"
                        echo "%s: Another app is currently holding the xtables lock" >&2
                        exit 4
                    fi
                done
                input=%s/$(date +%%s%%N)
                cat >"$input"
                exec %s "$@" <"$input"
                """.formatted(refusals(family), program, given(family), real));
        if (!script.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + script + " executable");
        }
    }

    /** The environment that makes a daemon use the wrappers. */
    public Map<String, String> environment() {
        return Map.of("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
    }

    /** The inputs of the programs of {@code family} since the last call of this method, in order. */
    public List<String> takeInputs(IpFamily family) {
        try (Stream<Path> files = Files.list(given(family))) {
            List<Path> sorted = files.sorted().toList();
            List<String> inputs = sorted.stream().map(RestoreSpy::read).toList();
            for (Path file : sorted) {
                Files.delete(file);
            }
            return inputs;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the next {@code count} calls for {@code family} fail. */
    public void refuse(IpFamily family, int count) {
        try {
            for (int i = 0; i < count; i++) {
                Files.createFile(refusals(family).resolve("refusal-" + i));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether all requested failures have happened. */
    public boolean hasRefused(IpFamily family) {
        try (Stream<Path> files = Files.list(refusals(family))) {
            return files.findAny().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path given(IpFamily family) {
        return folder.resolve(tool(family) + "-given");
    }

    private Path refusals(IpFamily family) {
        return folder.resolve(tool(family) + "-refusals");
    }

    private static String tool(IpFamily family) {
        return family == IpFamily.IPV4 ? "iptables" : "ip6tables";
    }

    private static String read(Path file) {
        try {
            return TextFile.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
