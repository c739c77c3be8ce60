// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.sysctl;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * {@link Sysctl} over the files below /proc/sys. The kernel uses the network namespace of the thread that opens the
 * file, so one instance serves all namespaces.
 */
public final class ProcSysctl implements Sysctl {
    private final Path root;

    public ProcSysctl() {
        this(Path.of("/proc/sys"));
    }

    ProcSysctl(Path root) {
        this.root = root;
    }

    @Override
    public Optional<String> read(String name) throws IOException {
        try {
            return Optional.of(KernelFiles.read(file(name)).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public boolean set(String name, String value) throws IOException {
        String old = read(name)
                .orElseThrow(() -> new FileNotFoundException(
                        name + ": this kernel has no such parameter (" + file(name) + "); is its module loaded?"));
        if (old.equals(value)) {
            return false;
        }
        try {
            KernelFiles.write(file(name), value);
            return true;
        } catch (IOException e) {
            throw new IOException("cannot set " + name + " from " + old + " to " + value + ": " + e.getMessage(), e);
        }
    }

    /** With slashes, a name may have dots in an interface's name, as for sysctl(8). */
    private Path file(String name) {
        String path = name.indexOf('/') >= 0 ? name : name.replace('.', '/');
        return root.resolve(path);
    }
}
