// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * A process and all that it starts, also what outlives its parent and what makes itself a group leader: each inherits
 * an environment variable. The JDK starts a process in the group of this one, so there is no group to kill.
 */
final class ProcessTree {
    private static final Path PROC = Path.of("/proc");
    private static final String VARIABLE = "SLUICE_TOOL";
    private static final Duration PAUSE = Duration.ofMillis(5);
    /** A process that starts others faster than they are found, or that the kernel cannot end yet, is left. */
    private static final int MOST_PASSES = 40;

    private final String mark = UUID.randomUUID().toString();

    /** Call it before the process is started. */
    void mark(Map<String, String> environment) {
        environment.put(VARIABLE, mark);
    }

    /** Kills {@code root}, and all that it has started. */
    void kill(Process root) {
        root.destroyForcibly();
        List<ProcessHandle> found = alive();
        for (int pass = 0; !found.isEmpty() && pass < MOST_PASSES; pass++) {
            found.forEach(ProcessHandle::destroyForcibly);
            LockSupport.parkNanos(PAUSE.toNanos());
            found = alive();
        }
    }

    private List<ProcessHandle> alive() {
        List<ProcessHandle> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                if (isMarked(entry)) {
                    Optional<ProcessHandle> handle =
                            ProcessHandle.of(Long.parseLong(entry.getFileName().toString()));
                    handle.filter(ProcessHandle::isAlive).ifPresent(found::add);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return found;
        }
        return found;
    }

    /** A process that has ended, or of another user, has no environment to read. */
    private boolean isMarked(Path process) {
        try {
            return KernelFiles.read(process.resolve("environ")).contains(VARIABLE + "=" + mark);
        } catch (IOException e) {
            return false;
        }
    }
}
