// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.CommandRunner.Result;
import dev.sluice.linux.process.CommandRunner.Started;
import dev.sluice.linux.process.ProcessException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects the variant that the host uses, as the Kubernetes project's iptables-wrappers do: the one with kubelet's hint
 * chains, else the one with more rules, else the default of {@code iptables}. Rules in the other variant would be
 * evaluated too, in an undefined order.
 */
final class VariantDetector {
    private static final Logger LOG = LoggerFactory.getLogger(VariantDetector.class);
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final List<String> HINTS = List.of("KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY");

    private static final String HINTED = "kubelet left its chains there";

    /** Rules of some hundred Services. They may be kept until the API server answers. */
    private static final int MAX_KEPT = 1 << 20;

    private final CommandRunner commands;
    private final LegacyTables legacyTables;
    private Map<IpFamily, String> nftRules = Map.of();

    VariantDetector(CommandRunner commands, LegacyTables legacyTables) {
        this.commands = commands;
        this.legacyTables = legacyTables;
    }

    /**
     * @param standard the variant of the plain {@code iptables}
     * @throws KernelException when the rules of the legacy variant may not be read, and there can be some
     */
    Variant detect(Variant standard) throws KernelException {
        Rules nft = rules(Variant.NFT);
        nftRules = nft.complete;
        if (nft.hint) {
            return chosen(Variant.NFT, HINTED);
        }
        Rules legacy = rules(Variant.LEGACY);
        if (!legacy.read) {
            requireNoLegacyTables();
        }
        if (legacy.hint) {
            return chosen(Variant.LEGACY, HINTED);
        }
        if (nft.count != legacy.count) {
            Variant larger = nft.count > legacy.count ? Variant.NFT : Variant.LEGACY;
            return chosen(larger, "nft has " + nft.count + " rules, legacy has " + legacy.count);
        }
        return chosen(standard, "it is this host's default");
    }

    /**
     * What the tools of the nft variant printed in {@link #detect}, by family; without those that did not print all, or
     * more than a megabyte.
     */
    Map<IpFamily, String> nftRules() {
        return nftRules;
    }

    private static Variant chosen(Variant variant, String why) {
        LOG.info("Using the {} variant of iptables: {}", variant.name().toLowerCase(Locale.ROOT), why);
        return variant;
    }

    /** The kernel says without any right which tables there are, but not what is in them. */
    private void requireNoLegacyTables() throws KernelException {
        for (IpFamily family : IpFamily.values()) {
            Set<String> tables = legacyTables.names(family);
            if (!tables.isEmpty()) {
                throw new KernelException(
                        "which variant of iptables this node uses is not known: there are legacy tables"
                                + " of " + family + " (" + String.join(", ", tables)
                                + "), whose rules may not be read (run as"
                                + " root or with CAP_NET_RAW, which the legacy tools need)");
            }
        }
    }

    /** Saves without naming a table: naming one would make a legacy kernel create it. */
    private Rules rules(Variant variant) {
        Map<IpFamily, Command> saves = new EnumMap<>(IpFamily.class);
        for (IpFamily family : IpFamily.values()) {
            commands.find(ToolNames.of(ToolNames.of(family), variant, "-save"))
                    .ifPresent(program ->
                            saves.put(family, Command.of(DEADLINE, program).printingUpTo(ProcessIptables.SAVED)));
        }
        List<Started> ended = commands.runAll(List.copyOf(saves.values()));
        Map<IpFamily, String> complete = new EnumMap<>(IpFamily.class);
        boolean hint = false;
        boolean read = true;
        long count = 0;
        int each = 0;
        for (Map.Entry<IpFamily, Command> save : saves.entrySet()) {
            Optional<Result> result = result(save.getValue(), ended.get(each++));
            String saved = result.map(Result::output).orElse("");
            result.filter(VariantDetector::isComplete).ifPresent(all -> complete.put(save.getKey(), saved));
            read &= result.isPresent();
            SavedTable mangle = SavedTable.parse("mangle", saved);
            hint |= HINTS.stream().anyMatch(mangle::has);
            count += saved.lines().filter(line -> line.startsWith("-A ")).count();
        }
        return new Rules(hint, read, count, complete);
    }

    /** What the command printed, empty when it was not allowed to read the rules or did not end. */
    private Optional<Result> result(Command command, Started ended) {
        try {
            Result result = ended.await();
            boolean denied = !result.succeeded() && result.errors().contains("Permission denied");
            if (denied) {
                LOG.atDebug()
                        .addKeyValue("command", command.program())
                        .addKeyValue("cause", ToolErrors.reason(result))
                        .log("the rules of one variant of iptables may not be read");
            }
            return denied ? Optional.empty() : Optional.of(result);
        } catch (ProcessException e) {
            LOG.atWarn()
                    .addKeyValue("cause", e.getMessage())
                    .log("The rules of one variant of iptables are not counted");
            return Optional.empty();
        }
    }

    private static boolean isComplete(Result result) {
        return result.succeeded()
                && result.output().length() <= MAX_KEPT
                && !result.output().contains(ToolErrors.INCOMPATIBLE)
                && ToolErrors.relevant(result.errors()).isEmpty();
    }

    /**
     * @param read whether all rules were read
     * @param complete what the tools printed, where that is all and not too long to be kept
     */
    private record Rules(boolean hint, boolean read, long count, Map<IpFamily, String> complete) {}
}
