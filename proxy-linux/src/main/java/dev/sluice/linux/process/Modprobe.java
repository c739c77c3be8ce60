// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Loads kernel modules. */
public final class Modprobe {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final CommandRunner commands;
    private final Path modules;

    public Modprobe(CommandRunner commands) {
        this(commands, Path.of("/sys/module"));
    }

    Modprobe(CommandRunner commands, Path modules) {
        this.commands = commands;
        this.modules = modules;
    }

    /** Whether the kernel has loaded {@code module}. */
    public boolean isLoaded(String module) {
        return Files.isDirectory(modules.resolve(module.replace('-', '_')));
    }

    /** Loads {@code module} unless the kernel has it already; returns what was done or why it failed, for the log. */
    public String load(String module) {
        if (isLoaded(module)) {
            return "module " + module + " is loaded";
        }
        try {
            CommandRunner.Result result = commands.run(Command.of(DEADLINE, "modprobe", module));
            return result.succeeded()
                    ? "module " + module + " was loaded, or is built in"
                    : "cannot load kernel module " + module + ": " + reason(result);
        } catch (ProcessException e) {
            String remedy = e.isMissing() ? " (install the Debian package kmod)" : "";
            return "cannot load kernel module " + module + ": " + e.getMessage() + remedy;
        }
    }

    private static String reason(CommandRunner.Result result) {
        String text = result.errors().strip().replace("modprobe: ", "");
        return text.isEmpty() ? "modprobe ended with " + result.ending() : text;
    }
}
