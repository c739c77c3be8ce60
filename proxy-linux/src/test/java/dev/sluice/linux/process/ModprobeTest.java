// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModprobeTest {
    @TempDir
    Path modules;

    private final List<String> run = new ArrayList<>();

    @Test
    void aLoadedModuleNeedsNoTool() throws Exception {
        Files.createDirectory(modules.resolve("ip_vs_rr"));

        assertThat(modprobe(1, "").load("ip-vs-rr")).isEqualTo("module ip-vs-rr is loaded");
        assertThat(run).isEmpty();
    }

    @Test
    void runsTheTool() {
        assertThat(modprobe(0, "").isLoaded("ip_vs")).isFalse();
        assertThat(modprobe(0, "").load("ip_vs")).isEqualTo("module ip_vs was loaded, or is built in");
        assertThat(run).containsExactly("modprobe ip_vs");
    }

    @Test
    void saysWhyNot() {
        assertThat(modprobe(1, "modprobe: FATAL: Module ip_vs not found in directory /lib/modules/6\n")
                        .load("ip_vs"))
                .isEqualTo(
                        "cannot load kernel module ip_vs: FATAL: Module ip_vs not found in directory /lib/modules/6");
        assertThat(modprobe(7, "").load("x")).endsWith("modprobe ended with exit status 7");
    }

    @Test
    void namesThePackageOfAMissingTool() {
        CommandRunner none = new Scripted(command -> {
            throw ProcessException.missing(command);
        });

        assertThat(new Modprobe(none, modules).load("ip_vs")).contains("modprobe is not installed", "kmod");
    }

    private Modprobe modprobe(int status, String errors) {
        return new Modprobe(
                new Scripted(command -> {
                    run.add(command.toString());
                    return new CommandRunner.Result(status, "", errors);
                }),
                modules);
    }

    private interface Answer {
        CommandRunner.Result to(Command command) throws ProcessException;
    }

    private record Scripted(Answer answer) implements CommandRunner {
        @Override
        public Optional<String> find(String program) {
            return Optional.of(program);
        }

        @Override
        public Result run(Command command) throws ProcessException {
            return answer.to(command);
        }
    }
}
