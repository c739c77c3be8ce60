// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.CommandRunner.Started;
import dev.sluice.linux.process.ProcessException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The iptables tools installed on this host, and the variant to use. Both families use the same variant, as kubelet and
 * network plug-ins do.
 */
public final class IptablesTools {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final String INSTALL = " (install the Debian package iptables)";

    private final CommandRunner commands;
    private final Variant variant;
    private final boolean plainNames;
    private final ToolVersion version;

    private IptablesTools(CommandRunner commands, Variant variant, boolean plainNames, ToolVersion version) {
        this.commands = commands;
        this.variant = variant;
        this.plainNames = plainNames;
        this.version = version;
    }

    /**
     * Finds the tools, and the variant from the rules of the calling thread's network namespace.
     *
     * @param override the variant to use, whichever the host uses
     * @throws KernelException when there are no tools, or not those of {@code override}, or the variant cannot be
     *     told
     */
    public static IptablesTools discover(CommandRunner commands, Optional<Variant> override) throws KernelException {
        return discover(commands, override, (family, rules) -> {});
    }

    /**
     * As {@link #discover(CommandRunner, Optional)}.
     *
     * @param found receives all rules of a family, in the form of iptables-save, if they were read on the way: those of
     *     the nft variant, when it is chosen, up to a megabyte
     */
    public static IptablesTools discover(
            CommandRunner commands, Optional<Variant> override, BiConsumer<IpFamily, String> found)
            throws KernelException {
        List<Optional<ToolVersion>> versions =
                versions(commands, List.of("iptables", "iptables-nft", "iptables-legacy"));
        Optional<ToolVersion> standard = versions.get(0);
        Optional<ToolVersion> nft = versions.get(1);
        Optional<ToolVersion> legacy = versions.get(2);
        ToolVersion plain = standard.or(() -> nft)
                .or(() -> legacy)
                .orElseThrow(() -> new KernelException("iptables is not installed" + INSTALL));
        VariantDetector detector = new VariantDetector(commands, LegacyTables::inKernel);
        Variant variant = override.isPresent() ? override.get() : detector.detect(plain.variant());
        Optional<ToolVersion> named = variant == Variant.NFT ? nft : legacy;
        if (named.isEmpty() && plain.variant() != variant) {
            throw new KernelException("the " + lower(variant) + " variant of iptables is wanted, but "
                    + ToolNames.of("iptables", variant, "-restore") + " is not installed and iptables is " + plain
                    + INSTALL);
        }
        if (variant == Variant.NFT) {
            detector.nftRules().forEach(found);
        }
        return new IptablesTools(commands, variant, named.isEmpty(), named.orElse(plain));
    }

    /** Of those of {@code programs} that are installed, in their order. */
    private static List<Optional<ToolVersion>> versions(CommandRunner commands, List<String> programs)
            throws KernelException {
        List<String> installed = programs.stream()
                .filter(program -> commands.find(program).isPresent())
                .toList();
        List<Started> ended = commands.runAll(installed.stream()
                .map(program -> Command.of(DEADLINE, program, "--version"))
                .toList());
        List<Optional<ToolVersion>> versions = new ArrayList<>();
        for (String program : programs) {
            int index = installed.indexOf(program);
            versions.add(
                    index < 0
                            ? Optional.empty()
                            : version(program, ended.get(index).await()));
        }
        return versions;
    }

    private static Optional<ToolVersion> version(String program, CommandRunner.Result result) throws KernelException {
        Optional<ToolVersion> version = ToolVersion.parse(result.output());
        if (version.isEmpty()) {
            throw new KernelException("'" + program + " --version' names no version: "
                    + ToolErrors.excerpt((result.output() + result.errors()).strip()));
        }
        return version;
    }

    /** The variant in use. */
    public Variant variant() {
        return variant;
    }

    /** The tools' version, e.g. {@code 1.8.9 (nf_tables)}. */
    public String version() {
        return version.toString();
    }

    /** Whether rules of {@code family} can be written on this host; tries the nat table, which every mode needs. */
    public Support supported(IpFamily family) {
        String program = program(family, "");
        try {
            CommandRunner.Result result =
                    commands.run(Command.of(DEADLINE, program, "-w", "5", "-t", "nat", "-S", "POSTROUTING"));
            return result.succeeded()
                    ? new Support(true, program + " " + version)
                    : new Support(false, "'" + program + " -t nat -S POSTROUTING' failed: " + remedy(result));
        } catch (ProcessException e) {
            return new Support(false, e.getMessage() + (e.isMissing() ? INSTALL : ""));
        }
    }

    /** The tools of one family. */
    public Iptables open(IpFamily family) {
        return new ProcessIptables(commands, family, version, suffix -> program(family, suffix));
    }

    private String program(IpFamily family, String suffix) {
        String name = ToolNames.of(family);
        return plainNames ? name + suffix : ToolNames.of(name, variant, suffix);
    }

    private static String remedy(CommandRunner.Result result) {
        String text = ToolErrors.reason(result);
        return text.contains("Permission denied")
                ? text + " (run as root or with CAP_NET_ADMIN; the legacy tools need CAP_NET_RAW, too)"
                : text;
    }

    private static String lower(Variant variant) {
        return variant.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether a family can be used.
     *
     * @param reason why not, or the tool and version that were found
     */
    public record Support(boolean available, String reason) {}
}
