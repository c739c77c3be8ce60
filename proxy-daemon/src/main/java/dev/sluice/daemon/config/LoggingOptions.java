// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.VmoduleRule;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How the daemon logs, as kube-proxy's flags and the section {@code logging} say.
 *
 * @param verbosity of {@code -v}, 0 or more
 * @param vmodule the level of single files or loggers, those of the file first; of rules that match the first counts
 * @param flushFrequency the longest time that a line may be held back
 */
public record LoggingOptions(Format format, int verbosity, List<VmoduleRule> vmodule, Duration flushFrequency) {
    private static final String ALPHA_GATE = "LoggingAlphaOptions";

    public LoggingOptions {
        vmodule = List.copyOf(vmodule);
    }

    /** The values of {@code --logging-format}. */
    public enum Format {
        TEXT("text"),
        JSON("json");

        private final String value;

        Format(String value) {
            this.value = value;
        }

        public String value() {
            return value;
        }

        static Optional<Format> parse(String text) {
            return Arrays.stream(values())
                    .filter(format -> format.value.equals(text))
                    .findFirst();
        }

        /** All of them, for messages. */
        static String choices() {
            return Arrays.stream(values()).map(Format::value).collect(Collectors.joining(", "));
        }
    }

    /** @param gates the feature gates that are set */
    static LoggingOptions read(ConfigReader values, Map<String, Boolean> gates) {
        String text = values.string(KubeProxyFields.LOG_FORMAT);
        Optional<Format> format = Format.parse(text);
        if (format.isEmpty()) {
            values.invalid(
                    KubeProxyFields.LOG_FORMAT, "unknown format '" + text + "'; choose one of " + Format.choices());
        }
        List<VmoduleRule> vmodule = values.values().vmodule(KubeProxyFields.VMODULE.path());
        if (!vmodule.isEmpty() && format.isPresent() && format.get() != Format.TEXT) {
            values.invalid(
                    KubeProxyFields.VMODULE,
                    "works with the format text only; leave it out, or set the format to text");
        }
        boolean alpha = gates.getOrDefault(ALPHA_GATE, gates.getOrDefault("AllAlpha", false));
        for (ConfigField option : KubeProxyFields.ALPHA_LOGGING) {
            if (!alpha && !values.values().value(option.path()).equals(option.fallback())) {
                values.invalid(
                        option,
                        "is an alpha option, and the feature gate " + ALPHA_GATE + " is off; leave it out: it has no"
                                + " effect here");
            }
        }
        return new LoggingOptions(
                format.orElse(Format.TEXT),
                values.range(KubeProxyFields.VERBOSITY, 0, Integer.MAX_VALUE),
                vmodule,
                values.notNegative(KubeProxyFields.FLUSH_FREQUENCY));
    }
}
