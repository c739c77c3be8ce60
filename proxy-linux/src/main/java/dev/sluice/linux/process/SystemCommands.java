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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;

/**
 * Runs the programs installed on this host. The calling thread starts the process, which therefore lives in that
 * thread's namespaces.
 */
public final class SystemCommands implements CommandRunner {
    private static final List<String> FALLBACK = List.of("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin");

    /** How long the end of a process that is killed at its deadline may take. */
    private static final Duration DEATH = Duration.ofMinutes(1);

    /** How long the start of a process may hold up {@link #stop}: its program may be on a file system that hangs. */
    private static final Duration START = Duration.ofSeconds(2);

    private final List<Path> folders;
    private final ProcessListener listener;
    private final Set<RunningCommand> running = ConcurrentHashMap.newKeySet();
    /** Shared by those that start a process. */
    private final ReadWriteLock starting = new ReentrantReadWriteLock();

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
    public Result run(Command command) throws ProcessException {
        return start(command).await();
    }

    @Override
    public Started start(Command requested) throws ProcessException {
        String program = find(requested.program()).orElseThrow(() -> ProcessException.missing(requested));
        Command command = requested.within(longest);
        RunningCommand process = launch(command, program);
        boolean fed = false;
        try {
            listener.started(command, process.pid());
            process.feed();
            fed = true;
        } finally {
            if (!fed) {
                process.stop();
                ended(command, process);
            }
        }
        return () -> await(command, process);
    }

    private Result await(Command command, RunningCommand process) throws ProcessException {
        try (Progress _ = Progress.part(command.program(), command.deadline().plus(DEATH))) {
            return process.await();
        } finally {
            ended(command, process);
        }
    }

    private void ended(Command command, RunningCommand process) {
        running.remove(process);
        listener.ended(command, process.pid());
    }

    private RunningCommand launch(Command command, String program) throws ProcessException {
        starting.readLock().lock();
        try {
            if (stopping) {
                throw ProcessException.failed(command, "not started, because this process stops");
            }
            RunningCommand process = new RunningCommand(command, program);
            running.add(process);
            return process;
        } finally {
            starting.readLock().unlock();
        }
    }

    /**
     * Kills what runs, and starts nothing from now on. Nothing runs when this returns: the process may end then, so
     * nobody else would be there to kill what is being started meanwhile.
     */
    public void stop() {
        stopping = true;
        awaitStarts();
        running.forEach(RunningCommand::stop);
    }

    private void awaitStarts() {
        try {
            if (starting.writeLock().tryLock(START.toMillis(), TimeUnit.MILLISECONDS)) {
                starting.writeLock().unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Starts processes again after {@link #stop}, each for at most {@code limit}. */
    public void resume(Duration limit) {
        longest = limit;
        stopping = false;
    }
}
