// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts in the place of tools, which do what no tool should. */
@Timeout(120)
@Tag("slow")
class MisbehavingToolsTest {
    private static final Duration LONG = Duration.ofSeconds(110);
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final String INPUT = "x".repeat(1_000_000);

    @TempDir
    Path folder;

    private final SystemCommands commands = new SystemCommands();

    @Test
    void theMessageOfADeadlineHasAllThatHelps() throws Exception {
        Command hanging = tool("echo 12345; echo 'waits for a lock' >&2; exec sleep 1000", SHORT);

        assertThat(fails(hanging))
                .isEqualTo("'" + hanging.program() + "' did not end within its deadline of 1000 ms and was killed, with"
                        + " all that it had started; it printed 6 bytes, and its errors: waits for a lock");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "echo $$ > PID; exec sleep 1000",
                "trap '' TERM INT HUP; echo $$ > PID; while :; do sleep 1; done",
                "sleep 1000 & echo $! > PID; wait",
                "(trap '' TERM; sleep 1000 & echo $! > PID; wait) & wait",
                "setsid sh -c 'echo $$ > PID; exec sleep 1000' & wait",
                "exec 0<&- ; echo $$ > PID; exec sleep 1000",
            })
    void nothingOutlivesTheDeadline(String script) throws Exception {
        ProcessException late = catchThrowableOfType(
                ProcessException.class, () -> commands.run(tool(script, SHORT).reading(INPUT)));

        assertThat(late.isLate()).isTrue();
        awaitEnd(started());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sleep 1000 & echo $! > PID", "setsid sleep 1000 & echo $! > PID"})
    void whatKeepsThePipesOpenIsKilled(String script) throws Exception {
        // with time for the runner to wait for output; the JDK closes the pipes of a process that ends before that
        CommandRunner.Result result = commands.run(tool("echo begun; " + script + "; sleep 1; exit 4", LONG));

        assertThat(result).isEqualTo(new CommandRunner.Result(4, "begun\n", ""));
        awaitEnd(started());
    }

    @Test
    void floodOfErrorsIsReadAndCut() throws Exception {
        CommandRunner.Result result =
                commands.run(tool("echo first >&2; head -c 50000000 /dev/zero | tr '\\0' e >&2; echo last >&2", LONG));

        assertThat(result.succeeded()).isTrue();
        assertThat(result.errors())
                .hasSizeLessThan(66_000)
                .startsWith("first\n")
                .endsWith("last\n")
                .contains("bytes left out");
    }

    @Test
    void moreOutputThanTheLimitEndsTheTool() throws Exception {
        Command flood = tool("yes & echo $! > PID; wait", LONG);

        assertThat(fails(flood)).contains("printed more than 1048576 bytes, the limit");
        awaitEnd(started());
    }

    @Test
    void outputUpToTheLimitIsWhole() throws Exception {
        Command large = tool("head -c 50000000 /dev/zero | tr '\\0' o", LONG);

        assertThat(commands.run(large.printingUpTo(50_000_000)).output()).hasSize(50_000_000);
        assertThat(fails(large.printingUpTo(49_999_999))).contains("more than 49999999 bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 127, 137, 255})
    void inputMayBeLeftAndEachStatusIsGiven(int status) throws Exception {
        CommandRunner.Result result =
                commands.run(tool("exec 0<&-; echo done; exit " + status, LONG).reading(INPUT));

        assertThat(result).isEqualTo(new CommandRunner.Result(status, "done\n", ""));
    }

    @Test
    void stopKillsWhatRunsAndStartsNothing() throws Exception {
        CompletableFuture<String> message = new CompletableFuture<>();
        Command hanging = tool("trap '' TERM; sleep 1000 & echo $! > PID; wait", LONG);
        Thread.ofPlatform().start(() -> message.complete(fails(hanging)));
        ProcessHandle child = started();

        long begin = System.nanoTime();
        commands.stop();

        assertThat(message.get(30, TimeUnit.SECONDS)).contains("killed, because this process stops");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
        awaitEnd(child);
        assertThat(fails(hanging)).contains("not started, because this process stops");

        commands.resume(SHORT);
        assertThat(commands.run(tool("echo last", LONG)).output()).isEqualTo("last\n");
        assertThat(fails(hanging)).contains("deadline of 1000 ms");
    }

    /** A process that stops ends right after that, and then nobody is left to kill what was just being started. */
    @RepeatedTest(40)
    void nothingRunsOnceStopHasReturned() throws Exception {
        Command hanging = tool("trap '' TERM; sleep 1000 & echo $! > PID; wait", LONG);
        Thread runner = Thread.ofPlatform().start(() -> fails(hanging));
        Path file = folder.resolve("pid");
        while (!Files.exists(file) || !Files.readString(file).endsWith("\n")) {
            Thread.onSpinWait();
        }

        commands.stop();

        // what is being killed, or is a zombie, has no executable any more
        Path executable = Path.of("/proc", Files.readString(file).strip(), "exe");
        assertThat(Files.exists(executable)).isFalse();
        assertThat(runner.join(Duration.ofSeconds(60))).isTrue();
    }

    private String fails(Command command) {
        ProcessException failure = catchThrowableOfType(ProcessException.class, () -> commands.run(command));
        return String.valueOf(failure.getMessage());
    }

    /** @param script writes the number of a process into the file PID */
    private Command tool(String script, Duration deadline) throws IOException {
        Path file = Files.createTempFile(
                folder, "tool", "", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(
                file,
                "#!/bin/sh\n" + script.replace("PID", folder.resolve("pid").toString()) + "\n");
        return Command.of(deadline, file.toString());
    }

    /** The process whose number a script has written, once it has. */
    private ProcessHandle started() throws Exception {
        Path file = folder.resolve("pid");
        long begin = System.nanoTime();
        while (!Files.exists(file) || !Files.readString(file).endsWith("\n")) {
            assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(60));
            TimeUnit.MILLISECONDS.sleep(5);
        }
        Optional<ProcessHandle> handle =
                ProcessHandle.of(Long.parseLong(Files.readString(file).strip()));
        return handle.orElse(ProcessHandle.current());
    }

    private static void awaitEnd(ProcessHandle process) throws Exception {
        if (!process.equals(ProcessHandle.current())) {
            process.onExit().get(30, TimeUnit.SECONDS);
        }
    }
}
