// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.FirstDocument;
import dev.sluice.kubernetes.read.UnusableFileException;
import dev.sluice.kubernetes.read.UserFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A KubeProxyConfiguration file, YAML or JSON. As upstream: an unknown field, a repeated one and a further document
 * raise a warning and are ignored, a field of the wrong type is fatal, an empty value means the default.
 */
public final class ConfigFile {
    static final String API_VERSION = "kubeproxy.config.k8s.io/v1alpha1";
    static final String KIND = "KubeProxyConfiguration";

    private final Path path;
    private final ConfigSchema schema;
    private final ConfigValues values;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();

    private ConfigFile(Path path, ConfigSchema schema) {
        this.path = path;
        this.schema = schema;
        values = new ConfigValues(schema);
    }

    /**
     * Reads {@code path}.
     *
     * @throws ConfigException when it cannot be read, is not a KubeProxyConfiguration, or has a field of the wrong type
     */
    public static ConfigFile read(Path path, ConfigSchema schema) throws ConfigException {
        ConfigFile file = new ConfigFile(path, schema);
        file.load();
        if (!file.errors.isEmpty()) {
            throw new ConfigException(file.errors);
        }
        return file;
    }

    public ConfigValues values() {
        return values;
    }

    /** The ignored fields, each with the reason; for the log. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    private void load() {
        Object root;
        try {
            FirstDocument document = FirstDocument.read(UserFile.read(path));
            document.warnings().forEach(warning -> warnings.add(path + ": " + warning));
            root = document.tree().plain();
        } catch (NoSuchFileException e) {
            errors.add(path + ": no such file; --config wants a " + KIND + " file");
            return;
        } catch (UnusableFileException e) {
            errors.add(path + ": cannot be used as --config: " + e.getMessage());
            return;
        } catch (IOException e) {
            errors.add(path + ": cannot be read: " + e.getMessage());
            return;
        } catch (DocumentSyntaxException e) {
            errors.add(path + ": " + (e.line() == 0 ? "" : "line " + e.line() + ": ") + e.getMessage());
            return;
        }
        if (!(root instanceof Map<?, ?> object)) {
            errors.add(path + ": this is no " + KIND + ": want an object with apiVersion " + API_VERSION);
            return;
        }
        expect(object, "apiVersion", API_VERSION);
        expect(object, "kind", KIND);
        walk("", object);
    }

    private void expect(Map<?, ?> object, String key, String wanted) {
        if (!wanted.equals(object.get(key))) {
            errors.add(path + ": " + key + ": want '" + wanted + "', not '" + object.get(key) + "'");
        }
    }

    private void walk(String prefix, Map<?, ?> object) {
        for (Map.Entry<?, ?> entry : object.entrySet()) {
            String field = prefix + entry.getKey();
            Object value = entry.getValue();
            if (value == null || field.equals("apiVersion") || field.equals("kind")) {
                continue;
            }
            ConfigField known = schema.field(field)
                    .filter(f -> f.support() != ConfigField.Support.FLAG_ONLY)
                    .orElse(null);
            if (known != null) {
                take(known, value);
            } else if (!schema.isSection(field)) {
                warnings.add(path + ": unknown field '" + field + "' is ignored");
            } else if (value instanceof Map<?, ?> section) {
                walk(field + ".", section);
            } else {
                errors.add(path + ": " + field + ": want an object with fields, not '" + value + "'");
            }
        }
    }

    private void take(ConfigField field, Object value) {
        try {
            Object converted = field.type().fromFile(value);
            boolean asksForMore = field.support() == ConfigField.Support.NOT_YET && !converted.equals(field.fallback());
            if (asksForMore) {
                warnings.add(path + ": field '" + field.path() + "' is not supported yet and has no effect");
            }
            boolean meansDefault = converted.equals("") || (isZero(converted) && zeroMeansDefault(field.path()));
            if (!meansDefault) {
                values.set(field.path(), converted);
            }
        } catch (IllegalArgumentException e) {
            errors.add(path + ": " + field.path() + ": " + e.getMessage());
        }
    }

    private static boolean isZero(Object value) {
        return value.equals(Duration.ZERO) || value.equals(0) || value.equals(0.0);
    }

    /**
     * Where upstream cannot distinguish 0 from absent; elsewhere 0 is a value of its own, such as "leave the kernel's".
     */
    private static boolean zeroMeansDefault(String path) {
        return path.endsWith("yncPeriod")
                || path.equals("logging.flushFrequency")
                || path.equals("clientConnection.qps")
                || path.equals("clientConnection.burst");
    }
}
