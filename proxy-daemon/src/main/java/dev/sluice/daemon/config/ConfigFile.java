// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.core.config.Suggestion;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.FirstDocument;
import dev.sluice.kubernetes.read.Tree;
import dev.sluice.kubernetes.read.UnusableFileException;
import dev.sluice.kubernetes.read.UserFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A KubeProxyConfiguration file, YAML or JSON. As upstream: an unknown field, a repeated one and a further document
 * raise a warning and are ignored, a field of the wrong type is fatal, an empty value means the default.
 */
public final class ConfigFile {
    static final String API_VERSION = "kubeproxy.config.k8s.io/v1alpha1";
    static final String KIND = "KubeProxyConfiguration";

    /**
     * Where upstream cannot distinguish 0 from absent; elsewhere 0 is a value of its own, such as "leave the kernel's".
     */
    private static final Set<String> ZERO_MEANS_DEFAULT =
            Set.of("logging.flushFrequency", "clientConnection.qps", "clientConnection.burst");

    private final Path path;
    private final ConfigSchema schema;
    private final ConfigValues values;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();
    private boolean readable;

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
        ConfigFile file = open(path, schema);
        if (!file.errors.isEmpty()) {
            throw new ConfigException(file.errors);
        }
        return file;
    }

    /** Reads {@code path} as far as it can be read; {@link #errors} has the rest. */
    public static ConfigFile open(Path path, ConfigSchema schema) {
        ConfigFile file = new ConfigFile(path, schema);
        file.load();
        return file;
    }

    public ConfigValues values() {
        return values;
    }

    /** The ignored fields, each with the reason; for the log. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Why the file cannot be used, each with file, line and field; none when it can. */
    public List<String> errors() {
        return List.copyOf(errors);
    }

    /** Whether it is a KubeProxyConfiguration, though some fields may be wrong. */
    public boolean isReadable() {
        return readable;
    }

    private void load() {
        Tree root;
        try {
            FirstDocument document = FirstDocument.read(UserFile.read(path));
            document.warnings().forEach(warning -> warnings.add(path + ": " + warning));
            root = document.tree();
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
        if (!(root instanceof Tree.Mapping object)) {
            errors.add(path + ": this is no " + KIND + ": want an object with apiVersion " + API_VERSION);
            return;
        }
        boolean version = expect(object, "apiVersion", API_VERSION);
        readable = expect(object, "kind", KIND) && version;
        if (readable) {
            walk("", object);
        }
    }

    private boolean expect(Tree.Mapping object, String key, String wanted) {
        Tree value = object.fields().get(key);
        Object plain = value == null ? null : value.plain();
        if (value != null && wanted.equals(plain)) {
            return true;
        }
        int line = value == null ? object.line() : value.line();
        errors.add(place(line, key) + ": want '" + wanted + "', not '" + plain + "'");
        return false;
    }

    private void walk(String prefix, Tree.Mapping object) {
        for (Map.Entry<String, Tree> entry : object.fields().entrySet()) {
            String field = prefix + entry.getKey();
            Tree value = entry.getValue();
            if (value instanceof Tree.Absent || field.equals("apiVersion") || field.equals("kind")) {
                continue;
            }
            ConfigField known = schema.field(field)
                    .filter(f -> f.support() != ConfigField.Support.FLAG_ONLY)
                    .orElse(null);
            String place = place(value.line(), field);
            if (known != null) {
                take(known, value, place);
            } else if (!schema.isSection(field)) {
                warnings.add(place + ": unknown field, ignored" + suggestion(field));
            } else if (value instanceof Tree.Mapping section) {
                walk(field + ".", section);
            } else {
                errors.add(place + ": want an object with fields, not '" + value.plain() + "'");
            }
        }
    }

    private String place(int line, String field) {
        return path + ": line " + line + ": " + field;
    }

    /** A field or section beside it that is written nearly so, or a field of that name in another section. */
    private String suggestion(String field) {
        String prefix = field.substring(0, field.lastIndexOf('.') + 1);
        String name = field.substring(prefix.length());
        List<String> beside = schema.fields().stream()
                .map(ConfigField::path)
                .filter(path -> path.startsWith(prefix))
                .map(path -> path.substring(prefix.length()).replaceFirst("\\..*", ""))
                .distinct()
                .toList();
        return Suggestion.of(name, beside)
                .map(meant -> prefix + meant)
                .or(() -> schema.fields().stream()
                        .filter(known -> known.path().endsWith("." + name))
                        .min(Comparator.comparing(known -> known.support() != ConfigField.Support.HONOURED))
                        .map(ConfigField::path))
                .map(meant -> "; did you mean " + meant + "?")
                .orElse("");
    }

    private void take(ConfigField field, Tree tree, String place) {
        Object value = Objects.requireNonNull(tree.plain());
        try {
            Object converted = field.type().fromFile(value);
            boolean meansDefault = converted.equals("") || (isZero(converted) && zeroMeansDefault(field.path()));
            if (!meansDefault) {
                values.set(field.path(), converted, place);
            }
        } catch (IllegalArgumentException e) {
            errors.add(place + ": " + e.getMessage());
        }
    }

    private static boolean isZero(Object value) {
        return value.equals(Duration.ZERO) || value.equals(0) || value.equals(0.0);
    }

    private static boolean zeroMeansDefault(String path) {
        return path.endsWith("yncPeriod") || ZERO_MEANS_DEFAULT.contains(path);
    }
}
