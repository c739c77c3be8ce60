// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.mode;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.SyncPeriodFields;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The part of the configuration that a mode reads. What several modes read, each of them names.
 *
 * @param options the flags of its options; each sets one field
 * @param periods when the mode syncs
 * @param alsoSetBy fields of it which the flags of other modes' fields set as well, unless they have a value
 */
public record ModeConfig(List<ConfigFlag> options, SyncPeriodFields periods, Map<ConfigField, ConfigField> alsoSetBy) {
    public ModeConfig {
        options = List.copyOf(options);
        alsoSetBy = Map.copyOf(alsoSetBy);
    }

    public ModeConfig(List<ConfigFlag> options, SyncPeriodFields periods) {
        this(options, periods, Map.of());
    }

    public List<ConfigFlag> flags() {
        return Stream.concat(options.stream(), periods.flags().stream()).toList();
    }

    public List<ConfigField> fields() {
        return flags().stream().map(ConfigFlag::field).toList();
    }
}
