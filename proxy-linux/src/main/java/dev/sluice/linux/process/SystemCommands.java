// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.SupervisedThread;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Runs the programs installed on this host. Input, output and errors have a thread each, so that a full pipe never
 * blocks another. The calling thread starts the process, which therefore lives in that thread's namespaces.
 */
public final class SystemCommands implements CommandRunner {
    private static final List<String> FALLBACK = List.of("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin");
    private static final long DRAIN_SECONDS = 5;

    private final List<Path> folders;
    private final ProcessListener listener;

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
        String program = find(command.program()).orElseThrow(() -> ProcessException.missing(command));
        List<String> line = new ArrayList<>(List.of(program));
        line.addAll(command.arguments());
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw ProcessException.failed(command, String.valueOf(e.getMessage()));
        }
        listener.started(command, process.pid());
        try {
            return await(command, process);
        } finally {
            process.destroyForcibly();
            listener.ended(command, process.pid());
        }
    }

    private static Result await(Command command, Process process) throws ProcessException {
        String name = command.program();
        CompletableFuture<String> output = onThread(name + " output", () -> read(process.getInputStream()));
        CompletableFuture<String> errors = onThread(name + " errors", () -> read(process.getErrorStream()));
        CompletableFuture<String> input = onThread(name + " input", () -> write(process, command.input()));
        try {
            if (!process.waitFor(command.deadline().toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw ProcessException.failed(
                        command, "not done after " + command.deadline().toSeconds() + " s, killed");
            }
            input.get(DRAIN_SECONDS, TimeUnit.SECONDS);
            return new Result(
                    process.exitValue(),
                    output.get(DRAIN_SECONDS, TimeUnit.SECONDS),
                    errors.get(DRAIN_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ProcessException.failed(command, "interrupted, killed");
        } catch (TimeoutException e) {
            throw ProcessException.failed(command, "ended, but something it started keeps its output open");
        } catch (ExecutionException e) {
            throw ProcessException.failed(command, String.valueOf(e.getCause()));
        }
    }

    private static CompletableFuture<String> onThread(String name, Transfer transfer) {
        CompletableFuture<String> done = new CompletableFuture<>();
        SupervisedThread.task(name, () -> {
                    try {
                        done.complete(transfer.move());
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                        ProcessEnd.ifFatal(name, e);
                    }
                })
                .start();
        return done;
    }

    private static String read(InputStream from) throws IOException {
        return new String(from.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** A tool that ends without reading all of its input says why by its exit status and errors. */
    private static String write(Process process, String input) {
        try (OutputStream to = process.getOutputStream()) {
            to.write(input.getBytes(StandardCharsets.UTF_8));
            return "";
        } catch (IOException e) {
            return "not all was read: " + e.getMessage();
        }
    }

    private interface Transfer {
        String move() throws IOException;
    }
}
