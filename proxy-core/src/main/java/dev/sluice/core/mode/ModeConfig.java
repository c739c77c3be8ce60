// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.mode;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.SyncPeriodFields;
import java.util.List;
import java.util.stream.Stream;

/**
 * The part of the configuration that a mode reads. What several modes read, each of them names.
 *
 * @param options the flags of its options; each sets one field
 * @param periods when the mode syncs
 */
public record ModeConfig(List<ConfigFlag> options, SyncPeriodFields periods) {
    public ModeConfig {
        options = List.copyOf(options);
    }

    public List<ConfigFlag> flags() {
        return Stream.concat(options.stream(), periods.flags().stream()).toList();
    }

    public List<ConfigField> fields() {
        return flags().stream().map(ConfigFlag::field).toList();
    }
}
