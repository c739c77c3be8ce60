// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One field of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), or a setting that only a flag has.
 *
 * @param path dotted, e.g. {@code iptables.masqueradeBit}; for {@link Support#FLAG_ONLY} the flag, e.g.
 *     {@code --scheduler}
 * @param fallback the default, of the Java type of {@link Type}
 * @param support whether Sluice acts on it
 * @param ofModeInUse whether the configuration in effect shows it in the section of the mode in use only
 * @param emptyMeans what an empty text stands for; empty for nothing in particular
 */
public record ConfigField(
        String path, Type type, Object fallback, Support support, boolean ofModeInUse, String emptyMeans) {

    /** A field that Sluice acts on. */
    public static ConfigField of(String path, Type type, Object fallback) {
        return new ConfigField(path, type, fallback, Support.HONOURED, false, "");
    }

    /** A text whose default is empty, which stands for {@code meaning}. */
    public static ConfigField choice(String path, String meaning) {
        return new ConfigField(path, Type.STRING, "", Support.HONOURED, false, meaning);
    }

    public ConfigField with(Support other) {
        return new ConfigField(path, type, fallback, other, ofModeInUse, emptyMeans);
    }

    /** The same, shown in the section of the mode in use only. */
    public ConfigField shownInUse() {
        return new ConfigField(path, type, fallback, support, true, emptyMeans);
    }

    /** What the path begins with, e.g. {@code iptables}; empty for a field outside of sections. */
    public String section() {
        int dot = path.indexOf('.');
        return dot < 0 ? "" : path.substring(0, dot);
    }

    /** Whether Sluice acts on a field's value. */
    public enum Support {
        /** Sluice acts on it. */
        HONOURED,
        /** Not a field of a file: a flag sets it, also when there is a file. */
        FLAG_ONLY,
        /** Its meaning needs no action here, e.g. the fields for Windows. */
        IRRELEVANT,
        /** It is accepted, with a warning when it is set to something else than its default. */
        NOT_YET
    }

    /** The type of a value; Java types in parentheses. */
    public enum Type {
        /** (String). */
        STRING("a string"),
        /** (Boolean). */
        BOOL("true or false"),
        /** (Integer). */
        INT("a whole number of 32 bits"),
        /** (Double), of the range of a Go float32. */
        NUMBER("a number"),
        /** (Duration): a Go duration text. */
        DURATION("a duration such as 30s or 1m30s"),
        /** (Duration): the same, or in a file nanoseconds as a number. */
        DURATION_OR_NANOSECONDS("a duration such as 30s or 1m30s"),
        /** (String): a Kubernetes quantity. */
        QUANTITY("a quantity such as 0, 1500 or 64Ki"),
        /** (String): trimmed and in lower case where a flag gives it, as kube-proxy does. */
        HOST_NAME("a name that is not blank"),
        /** (String): an IP address; empty for the default. */
        IP("an IP address"),
        /** (String): an IP address, with or without a port; empty for the default. */
        IP_PORT("IP:PORT with a port from 1 to 65535"),
        /** (List of String). */
        STRINGS("a list of strings"),
        /** (Map of String to Boolean). */
        SWITCHES("a map of names to true or false"),
        /** (List of {@link VmoduleRule}). */
        VMODULE("rules such as PATTERN=4");

        private final String description;

        Type(String description) {
            this.description = description;
        }

        /** What a value of this type looks like, for error messages. */
        public String description() {
            return description;
        }

        /**
         * The value as it stands in a file, turned into the Java type.
         *
         * @throws IllegalArgumentException when it is of another type
         */
        public Object fromFile(Object value) {
            return required(FileValues.read(this, value), value);
        }

        /**
         * The text of a flag, turned into the Java type.
         *
         * @throws IllegalArgumentException when it does not spell such a value
         */
        public Object fromFlag(String text) {
            return required(FlagValues.read(this, text), text);
        }

        private Object required(@Nullable Object converted, Object given) {
            if (converted == null) {
                throw new IllegalArgumentException("want " + description + ", not '" + given + "'");
            }
            return converted;
        }

        /** The value of a field that was given twice: lists add up, otherwise the later value counts. */
        Object merge(Object earlier, Object later) {
            return switch (this) {
                case STRINGS, VMODULE ->
                    Stream.concat(((List<?>) earlier).stream(), ((List<?>) later).stream())
                            .toList();
                case SWITCHES -> {
                    Map<Object, Object> sum = new LinkedHashMap<>((Map<?, ?>) earlier);
                    sum.putAll((Map<?, ?>) later);
                    yield sum;
                }
                default -> later;
            };
        }
    }
}
