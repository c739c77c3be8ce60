// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.linux.process.CommandRunner.Result;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process from its start to its end. Input, output and errors have a thread each, so that a full pipe never blocks
 * another, and limits, so that no process can fill the memory.
 */
final class RunningCommand {
    private static final Logger LOG = LoggerFactory.getLogger(RunningCommand.class);
    /** For what the process wrote before it ended, and is still in a pipe. */
    private static final long DRAIN_SECONDS = 2;
    /** Of the errors at each end. */
    private static final int ERRORS = 1 << 15;
    /** Of the errors in a message, in characters. */
    private static final int EXCERPT = 1000;

    private final Command command;
    private final ProcessTree tree = new ProcessTree();
    private final Process process;
    private final KeptOutput output;
    private final KeptOutput errors = new KeptOutput(ERRORS, ERRORS);
    private final long started = System.nanoTime();
    private CompletableFuture<Void> streams = new CompletableFuture<>();
    private volatile boolean stopped;

    /** Starts {@code program} in the namespaces of the calling thread. */
    RunningCommand(Command command, String program) throws ProcessException {
        this.command = command;
        output = new KeptOutput(command.outputLimit(), 0);
        List<String> line = new ArrayList<>(List.of(program));
        line.addAll(command.arguments());
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().put("LC_ALL", "C");
        tree.mark(builder.environment());
        try {
            process = builder.start();
        } catch (IOException e) {
            throw ProcessException.failed(command, String.valueOf(e.getMessage()));
        }
    }

    long pid() {
        return process.pid();
    }

    /** Kills it, so that {@link #await} fails. */
    void stop() {
        stopped = true;
        kill();
    }

    private void kill() {
        tree.kill(process);
    }

    /** Gives it its input and reads what it writes, from now on. */
    void feed() {
        String name = command.program();
        streams = CompletableFuture.allOf(
                onThread(name + " output", () -> copy(process.getInputStream(), output)),
                onThread(name + " errors", () -> copy(process.getErrorStream(), errors)),
                onThread(name + " input", this::write));
    }

    /** Waits for its end, and kills what exceeds a limit. */
    Result await() throws ProcessException {
        try {
            long left = command.deadline().toNanos() - (System.nanoTime() - started);
            boolean ended = process.waitFor(left, TimeUnit.NANOSECONDS);
            if (!ended) {
                kill();
                throw ProcessException.late(command, written());
            }
            drain(streams);
            check();
            return new Result(process.exitValue(), output.text(), errors.text());
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
            throw ProcessException.failed(command, "interrupted, killed");
        } catch (TimeoutException e) {
            throw ProcessException.failed(command, "it has ended, but its input or output stays open; " + written());
        } catch (ExecutionException e) {
            ProcessEnd.ifFatal(e);
            kill();
            check();
            throw ProcessException.failed(command, String.valueOf(e.getCause()));
        }
    }

    /** What the process has started may keep its pipes open; all that it wrote itself has been read by then. */
    private void drain(CompletableFuture<Void> streams)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            streams.get(DRAIN_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            LOG.atWarn()
                    .addKeyValue("command", command)
                    .log("a command has ended, but not something that it had started, which is killed");
            kill();
            streams.get(DRAIN_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void check() throws ProcessException {
        if (stopped) {
            throw ProcessException.failed(command, "killed, because this process stops");
        }
        if (output.isCut()) {
            throw ProcessException.failed(
                    command,
                    "killed, because it printed more than " + command.outputLimit()
                            + " bytes, the limit; run it by hand to see what it prints");
        }
    }

    /** What it wrote so far. */
    private String written() {
        String said = errors.text().strip();
        String printed = output.total() == 0 ? "" : "it printed " + output.total() + " bytes";
        if (said.isEmpty()) {
            return printed.isEmpty() ? "it wrote nothing" : printed;
        }
        String excerpt = said.length() <= EXCERPT ? said : "[...] " + said.substring(said.length() - EXCERPT);
        return (printed.isEmpty() ? "its errors: " : printed + ", and its errors: ") + excerpt;
    }

    private void copy(InputStream from, KeptOutput to) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
            to.add(buffer, read);
            if (output.isCut()) {
                kill();
                return;
            }
        }
    }

    /** A tool that ends without reading all of its input says why by its exit status and errors. */
    private void write() {
        try (OutputStream to = process.getOutputStream()) {
            to.write(command.input().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // the exit status tells
        }
    }

    private static CompletableFuture<Void> onThread(String name, Transfer transfer) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        SupervisedThread.task(name, () -> {
                    try {
                        transfer.move();
                        done.complete(null);
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                        ProcessEnd.ifFatal(name, e);
                    }
                })
                .start();
        return done;
    }

    private interface Transfer {
        void move() throws IOException;
    }
}
