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
import java.time.Instant;
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
    private static final int MOST_PASSES = 100;
    /** The kernel gives the start of a process by a clock that may be off by this much. */
    private static final Duration CLOCK = Duration.ofSeconds(2);

    private final String mark = UUID.randomUUID().toString();
    private final Instant begin = Instant.now().minus(CLOCK);

    /** Call it before the process is started. */
    void mark(Map<String, String> environment) {
        environment.put(VARIABLE, mark);
    }

    /** Kills {@code root}, and all that it has started. */
    void kill(Process root) {
        root.destroyForcibly();
        for (int pass = 0; pass < MOST_PASSES && killMarked(); pass++) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** Returns whether there may be more of them. */
    private boolean killMarked() {
        boolean more = false;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                String environment = environment(entry);
                if (environment.contains(VARIABLE + "=" + mark)) {
                    handle(entry).ifPresent(ProcessHandle::destroyForcibly);
                    more = true;
                } else if (environment.isEmpty()) {
                    more |= mayBeginProgram(entry);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return more;
        }
        return more;
    }

    /**
     * Between the old program of a process and a new one its environment cannot be read. What has ended, or belongs to
     * the kernel, has no executable; what is older than the root was not started by it.
     */
    private boolean mayBeginProgram(Path process) {
        return Files.exists(process.resolve("exe"))
                && handle(process)
                        .flatMap(handle -> handle.info().startInstant())
                        .filter(begin::isBefore)
                        .isPresent();
    }

    private static Optional<ProcessHandle> handle(Path process) {
        return ProcessHandle.of(Long.parseLong(process.getFileName().toString()));
    }

    /** A process that has ended has none, and that of another user cannot be read. */
    private static String environment(Path process) {
        try {
            return KernelFiles.read(process.resolve("environ"));
        } catch (IOException e) {
            return "";
        }
    }
}
