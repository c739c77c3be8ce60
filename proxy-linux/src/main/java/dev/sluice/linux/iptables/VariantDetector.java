// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.ProcessException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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

    private final CommandRunner commands;

    VariantDetector(CommandRunner commands) {
        this.commands = commands;
    }

    /** @param standard the variant of the plain {@code iptables} */
    Variant detect(Variant standard) {
        Rules nft = rules(Variant.NFT);
        if (nft.hint) {
            return chosen(Variant.NFT, HINTED);
        }
        Rules legacy = rules(Variant.LEGACY);
        if (legacy.hint) {
            return chosen(Variant.LEGACY, HINTED);
        }
        if (nft.count != legacy.count) {
            Variant larger = nft.count > legacy.count ? Variant.NFT : Variant.LEGACY;
            return chosen(larger, "nft has " + nft.count + " rules, legacy has " + legacy.count);
        }
        return chosen(standard, "it is this host's default");
    }

    private static Variant chosen(Variant variant, String why) {
        LOG.info("Using the {} variant of iptables: {}", variant.name().toLowerCase(Locale.ROOT), why);
        return variant;
    }

    /** Saves without naming a table: naming one would make a legacy kernel create it. */
    private Rules rules(Variant variant) {
        boolean hint = false;
        long count = 0;
        for (String family : List.of("iptables", "ip6tables")) {
            Optional<String> program = commands.find(ToolNames.of(family, variant, "-save"));
            if (program.isPresent()) {
                String saved = output(Command.of(DEADLINE, program.get()).printingUpTo(ProcessIptables.SAVED));
                SavedTable mangle = SavedTable.parse("mangle", saved);
                hint |= HINTS.stream().anyMatch(mangle::has);
                count += saved.lines().filter(line -> line.startsWith("-A ")).count();
            }
        }
        return new Rules(hint, count);
    }

    private String output(Command command) {
        try {
            CommandRunner.Result result = commands.run(command);
            if (!result.succeeded() && result.errors().contains("Permission denied")) {
                LOG.warn(
                        "whether this node uses the other variant of iptables is not known: {} failed: {} (run as root"
                                + " or with CAP_NET_RAW, which the legacy tools need)",
                        command.program(),
                        ToolErrors.reason(result));
            }
            return result.output();
        } catch (ProcessException e) {
            LOG.atWarn()
                    .addKeyValue("cause", e.getMessage())
                    .log("The rules of one variant of iptables are not counted");
            return "";
        }
    }

    private record Rules(boolean hint, long count) {}
}
