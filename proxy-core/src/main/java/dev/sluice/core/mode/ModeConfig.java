package dev.sluice.core.mode;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.SyncPeriodFields;
import java.util.List;

/**
 * The part of the configuration that a mode reads. Fields that several modes read stand in each of them.
 *
 * @param fields of a KubeProxyConfiguration, sync periods included
 * @param flags that set them
 * @param periods the fields that say when this mode syncs
 */
public record ModeConfig(List<ConfigField> fields, List<ConfigFlag> flags, SyncPeriodFields periods) {
    public ModeConfig {
        fields = List.copyOf(fields);
        flags = List.copyOf(flags);
    }
}
