// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import dev.sluice.core.thread.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Runs the programs installed on this host. The calling thread starts the process, which therefore lives in that
 * thread's namespaces.
 */
public final class SystemCommands implements CommandRunner {
    private static final List<String> FALLBACK = List.of("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin");

    /** How long the end of a process that is killed at its deadline may take. */
    private static final Duration DEATH = Duration.ofMinutes(1);

    private final List<Path> folders;
    private final ProcessListener listener;
    private final Set<RunningCommand> running = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;
    private volatile Duration longest = Duration.ofDays(1);

    /** Looks for programs on PATH, and then where distributions keep administrators' tools. */
    public SystemCommands() {
        this(ProcessListener.NONE);
    }

    /** As {@link #SystemCommands()}; {@code listener} is notified of each process. */
    public SystemCommands(ProcessListener listener) {
        this(Optional.ofNullable(System.getenv("PATH")).orElse(""), listener);
    }

    SystemCommands(String path) {
        this(path, ProcessListener.NONE);
    }

    private SystemCommands(String path, ProcessListener listener) {
        this.listener = listener;
        folders = Stream.concat(Arrays.stream(path.split(":", -1)), FALLBACK.stream())
                .filter(folder -> folder.startsWith("/"))
                .map(Path::of)
                .distinct()
                .toList();
    }

    @Override
    public Optional<String> find(String program) {
        Path path = Path.of(program);
        Stream<Path> candidates =
                path.isAbsolute() ? Stream.of(path) : folders.stream().map(folder -> folder.resolve(path));
        return candidates
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .map(Path::toString)
                .findFirst();
    }

    @Override
    public Result run(Command requested) throws ProcessException {
        String program = find(requested.program()).orElseThrow(() -> ProcessException.missing(requested));
        Command command = requested.within(longest);
        refuseIfStopping(command);
        RunningCommand process = new RunningCommand(command, program);
        running.add(process);
        try (Progress _ = Progress.part(command.program(), command.deadline().plus(DEATH))) {
            listener.started(command, process.pid());
            if (stopping) {
                process.stop(); // it may have been added too late for stop()
            }
            return process.await();
        } finally {
            running.remove(process);
            listener.ended(command, process.pid());
        }
    }

    private void refuseIfStopping(Command command) throws ProcessException {
        if (stopping) {
            throw ProcessException.failed(command, "not started, because this process stops");
        }
    }

    /** Kills what runs, and starts nothing from now on. */
    public void stop() {
        stopping = true;
        running.forEach(RunningCommand::stop);
    }

    /** Starts processes again after {@link #stop}, each for at most {@code limit}. */
    public void resume(Duration limit) {
        longest = limit;
        stopping = false;
    }
}
