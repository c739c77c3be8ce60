// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.CommandRunner.Started;
import dev.sluice.linux.process.ProcessException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Runs the iptables tools of one family in the network namespace of the calling thread. */
final class ProcessIptables implements Iptables {
    private static final Duration DEADLINE = Duration.ofMinutes(2);
    /** The nft variant takes minutes for hundreds of thousands of lines; killed earlier, it would never finish. */
    private static final Duration LONGEST = Duration.ofMinutes(15);
    /** For each of these characters of input a restore has a second more; it takes a tenth of that. */
    private static final int PER_SECOND = 1 << 16;
    /** The largest table: 30,000 Services of 5 endpoints take 80 MB. No more than a quarter of the heap. */
    static final int SAVED = (int) Math.min(1 << 28, Runtime.getRuntime().maxMemory() / 4);

    private static final List<String> WAIT_FOR_LOCK = List.of("-w", "5");

    private final CommandRunner commands;
    private final IpFamily family;
    private final ToolVersion version;
    private final String plain;
    private final String restore;
    private final String save;

    /** @param programs what the tool of a suffix is called: none, {@code -restore} or {@code -save} */
    ProcessIptables(CommandRunner commands, IpFamily family, ToolVersion version, UnaryOperator<String> programs) {
        this.commands = commands;
        this.family = family;
        this.version = version;
        this.plain = programs.apply("");
        this.restore = programs.apply("-restore");
        this.save = programs.apply("-save");
    }

    @Override
    public IpFamily family() {
        return family;
    }

    @Override
    public Variant variant() {
        return version.variant();
    }

    @Override
    public boolean supportsRandomFully() {
        return version.atLeast(ToolVersion.RESTORE_WAITS);
    }

    @Override
    public void restore(String input) throws RestoreException {
        begin(input).await();
    }

    @Override
    public Restoring begin(String input) {
        if (input.isEmpty()) {
            return () -> {};
        }
        List<String> arguments = new ArrayList<>();
        if (version.atLeast(ToolVersion.RESTORE_WAITS)) {
            arguments.addAll(WAIT_FOR_LOCK);
        }
        arguments.add("--noflush");
        Started started = start(new Command(restore, arguments, input, deadline(input)));
        return () -> awaitRestore(started, input);
    }

    private void awaitRestore(Started started, String input) throws RestoreException {
        CommandRunner.Result result;
        try {
            result = started.await();
        } catch (ProcessException e) {
            RestoreException failure = new RestoreException(explain(e), 0, "");
            failure.initCause(e);
            throw failure;
        }
        if (!result.succeeded()) {
            throw ToolErrors.restoreFailed(restore, result, input);
        }
    }

    /** One that cannot be started fails when it is awaited. */
    private Started start(Command command) {
        try {
            return commands.start(command);
        } catch (ProcessException e) {
            return () -> {
                throw e;
            };
        }
    }

    @Override
    public String save(String table) throws KernelException {
        return saved(table, start(reading(table)));
    }

    @Override
    public Map<String, String> saveAll(List<String> tables) throws KernelException {
        List<Started> reads = commands.runAll(tables.stream().map(this::reading).toList());
        Map<String, String> texts = new LinkedHashMap<>();
        for (int each = 0; each < reads.size(); each++) {
            texts.put(tables.get(each), saved(tables.get(each), reads.get(each)));
        }
        return texts;
    }

    private Command reading(String table) {
        return Command.of(LONGEST, save, "-t", table).printingUpTo(SAVED);
    }

    private String saved(String table, Started read) throws KernelException {
        CommandRunner.Result result;
        try {
            result = read.await();
        } catch (ProcessException e) {
            throw new KernelException(explain(e), e);
        }
        String said = ToolErrors.relevant(result.errors());
        if (!result.succeeded() || result.output().isBlank() && said.contains("Permission denied")) {
            if (said.contains("does not exist")) {
                return "";
            }
            throw new KernelException("'" + save + " -t " + table + "' failed: " + ToolErrors.reason(result));
        }
        if (result.output().contains("Table `" + table + ToolErrors.INCOMPATIBLE)) {
            throw new KernelException(
                    "table " + table + " holds rules that iptables cannot read: another program changed it with nft"
                            + " (look at 'nft list ruleset', and remove the foreign rules from table ip"
                            + (family == IpFamily.IPV6 ? "6 " : " ")
                            + table + ")");
        }
        return result.output();
    }

    @Override
    public Optional<List<String>> readChain(String table, String chain) throws KernelException {
        Command command =
                Command.of(DEADLINE, plain, "-w", "5", "-t", table, "-S", chain).printingUpTo(SAVED);
        CommandRunner.Result result;
        try {
            result = commands.run(command);
        } catch (ProcessException e) {
            throw new KernelException(explain(e), e);
        }
        if (result.succeeded()) {
            SavedTable read = SavedTable.parse(table, "*" + table + "\n" + result.output());
            return Optional.of(read.rules(chain));
        }
        String said = ToolErrors.relevant(result.errors());
        // the nft variant says "incompatible" of a chain that is not there
        if (said.contains("No chain/target/match by that name") || said.contains("is incompatible, use 'nft' tool")) {
            return Optional.empty();
        }
        throw new KernelException("'" + command + "' failed: " + ToolErrors.reason(result));
    }

    private static Duration deadline(String input) {
        Duration scaled = DEADLINE.plusSeconds(input.length() / PER_SECOND);
        return scaled.compareTo(LONGEST) < 0 ? scaled : LONGEST;
    }

    private static String explain(ProcessException e) {
        if (e.isMissing()) {
            return e.getMessage() + " (install the Debian package iptables)";
        }
        return e.getMessage()
                + (e.isLate()
                        ? " (the next sync tries again; if it hangs then too, look for a program that holds"
                                + " /run/xtables.lock, and run 'iptables-save' by hand)"
                        : "");
    }
}
