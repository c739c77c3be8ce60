// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@Tag("slow")
class SystemCommandsTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    @TempDir
    Path folder;

    private final SystemCommands commands = new SystemCommands();

    @Test
    void answersWithStatusOutputAndErrors() throws Exception {
        CommandRunner.Result result = commands.run(
                Command.of(LONG, "sh", "-c", "cat; echo bad >&2; exit 3").reading("good"));

        assertThat(result).isEqualTo(new CommandRunner.Result(3, "good", "bad\n"));
        assertThat(result.succeeded()).isFalse();
    }

    @Test
    void fullPipesStopNobody() throws Exception {
        String text = "0123456789abcdef\n".repeat(100_000);

        CommandRunner.Result result = commands.run(
                Command.of(LONG, "sh", "-c", "tee /dev/fd/2").reading(text).printingUpTo(text.length()));

        assertThat(result.output()).hasSize(text.length());
        assertThat(result.errors()).startsWith("0123").endsWith("cdef\n").contains("[1634464 bytes left out]");
    }

    @Test
    void aToolNeedNotReadItsInput() throws Exception {
        CommandRunner.Result result = commands.run(Command.of(LONG, "true").reading("x".repeat(1_000_000)));

        assertThat(result.succeeded()).isTrue();
    }

    @Test
    void killsWhatDoesNotEnd() {
        Command endless = Command.of(Duration.ofMillis(300), "sleep", "1000").reading("x".repeat(1_000_000));

        assertThatThrownBy(() -> commands.run(endless))
                .isInstanceOf(ProcessException.class)
                .hasMessageContaining("'sleep 1000'")
                .hasMessageContaining("killed");
    }

    @Test
    void anInterruptedCallerKillsTheProcess() throws Exception {
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            ProcessException e =
                    catchThrowableOfType(ProcessException.class, () -> commands.run(Command.of(LONG, "sleep", "1000")));
            flag.complete(e != null && Thread.currentThread().isInterrupted());
        });
        caller.interrupt();

        assertThat(flag.get()).isTrue();
    }

    @Test
    void twoRunSideBySide() throws Exception {
        Path pipe = folder.resolve("pipe");
        commands.run(Command.of(LONG, "mkfifo", pipe.toString()));

        List<CommandRunner.Started> ended = commands.runAll(List.of(
                Command.of(LONG, "cat", pipe.toString()),
                Command.of(LONG, "no-such-tool-here"),
                Command.of(LONG, "sh", "-c", "echo met > " + pipe)));

        assertThat(ended.get(0).await().output()).isEqualTo("met\n");
        assertThatThrownBy(() -> ended.get(1).await()).isInstanceOf(ProcessException.class);
        assertThat(ended.get(2).await().succeeded()).isTrue();
    }

    @Test
    void aStopKillsAllThatRun() throws Exception {
        CommandRunner.Started first = commands.start(Command.of(LONG, "sleep", "1000"));
        CommandRunner.Started second = commands.start(Command.of(LONG, "sleep", "1000"));

        commands.stop();

        for (CommandRunner.Started each : List.of(first, second)) {
            assertThatThrownBy(each::await)
                    .isInstanceOf(ProcessException.class)
                    .hasMessageContaining("killed, because this process stops");
        }
    }

    @Test
    void namesAMissingProgram() {
        ProcessException missing = catchThrowableOfType(
                ProcessException.class, () -> commands.run(Command.of(LONG, "no-such-tool-here", "-x")));

        assertThat(missing.isMissing()).isTrue();
        assertThat(missing).hasMessageContaining("no-such-tool-here is not installed");
        assertThat(commands.find("no-such-tool-here")).isEmpty();
    }

    @Test
    void findsAdministratorsToolsWithoutPath() {
        assertThat(new SystemCommands("relative:").find("sh"))
                .hasValueSatisfying(path -> assertThat(path).endsWith("/sh"));
        assertThat(commands.find("/bin/sh")).contains("/bin/sh");
    }
}
