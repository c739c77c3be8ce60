// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import dev.sluice.core.config.ConfigValues;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.SettingsReader.Overrides;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The parsed command line.
 *
 * @param writeConfigTo where {@link Action#WRITE_CONFIG} writes
 * @param takeOver whether to go on beside a running kube-proxy
 * @param handBack whether {@link Action#CLEAN_UP} hands the node back to a kube-proxy
 * @param values the fields that flags set
 * @param overrides the flags that set no field
 * @param withoutEffect the flags that were given and mean nothing here
 * @param flags every flag without its hyphens, with its value or default
 * @param warnings for the log
 * @param errors why the command line cannot be used, each with its flag; none when it can
 */
public record Invocation(
        Action action,
        Optional<Path> configFile,
        Optional<Path> writeConfigTo,
        boolean takeOver,
        HandBack handBack,
        ConfigValues values,
        Overrides overrides,
        List<String> withoutEffect,
        Map<String, String> flags,
        List<String> warnings,
        List<String> errors) {

    /** @throws ConfigException when the command line cannot be used */
    public void requireValid() throws ConfigException {
        if (!errors.isEmpty()) {
            throw new ConfigException(errors);
        }
    }

    /** Whether a clean-up waits for a kube-proxy, and what the process does then. */
    public enum HandBack {
        NONE,
        AND_END,
        AND_STAY
    }

    /** What to do. */
    public enum Action {
        RUN,
        /** Prepare the kernel as a run would, write no rule, and exit. */
        INIT_ONLY,
        /** Write the configuration that a run would have, and exit. */
        WRITE_CONFIG,
        CLEAN_UP,
        HELP,
        VERSION,
        VERSION_IN_FULL
    }
}
