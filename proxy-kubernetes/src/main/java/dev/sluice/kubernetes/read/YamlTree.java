// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Reads YAML 1.2 as {@link Tree}s. Aliases are shared, not copied, so a small file cannot grow large. */
public final class YamlTree {
    private static final int MAX_CHARACTERS = 256 << 20;

    private final IdentityHashMap<Node, Tree> seen = new IdentityHashMap<>();

    private YamlTree() {}

    /**
     * Reads the documents of a file, without the empty ones.
     *
     * @throws DocumentSyntaxException when it is not YAML, or a field occurs twice in one object
     */
    public static List<Tree> documents(byte[] content) throws DocumentSyntaxException {
        LoadSettings settings = LoadSettings.builder()
                .setSchema(new CoreSchema())
                .setCodePointLimit(MAX_CHARACTERS)
                .build();
        List<Tree> documents = new ArrayList<>();
        try {
            String text = new String(content, StandardCharsets.UTF_8);
            for (Node node : new Compose(settings).composeAllFromString(text)) {
                Tree document = new YamlTree().tree(node);
                if (!(document instanceof Tree.Absent)) {
                    documents.add(document);
                }
            }
            return documents;
        } catch (MarkedYamlEngineException e) {
            throw new DocumentSyntaxException(line(e.getProblemMark()), e.getProblem(), e);
        } catch (YamlEngineException e) {
            throw new DocumentSyntaxException(0, String.valueOf(e.getMessage()), e);
        }
    }

    private Tree tree(Node node) throws DocumentSyntaxException {
        Tree known = seen.get(node);
        if (known != null) {
            return known;
        }
        int line = line(node.getStartMark());
        if (node.isRecursive()) {
            throw new DocumentSyntaxException(line, "an alias that contains itself", new IllegalArgumentException());
        }
        Tree tree = switch (node) {
            case MappingNode mapping -> mapping(mapping, line);
            case SequenceNode sequence -> sequence(sequence, line);
            case ScalarNode scalar -> scalar(scalar.getTag(), scalar.getValue(), line);
            default -> new Tree.Absent(line);
        };
        seen.put(node, tree);
        return tree;
    }

    private Tree mapping(MappingNode node, int line) throws DocumentSyntaxException {
        Map<String, Tree> fields = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            Node key = tuple.getKeyNode();
            String name = key instanceof ScalarNode scalar ? scalar.getValue() : "?";
            if (fields.put(name, tree(tuple.getValueNode())) != null) {
                throw new DocumentSyntaxException(
                        line(key.getStartMark()),
                        "the field \"" + name + "\" occurs twice",
                        new IllegalArgumentException());
            }
        }
        return new Tree.Mapping(fields, line);
    }

    private Tree sequence(SequenceNode node, int line) throws DocumentSyntaxException {
        List<Tree> items = new ArrayList<>();
        for (Node item : node.getValue()) {
            items.add(tree(item));
        }
        return new Tree.Sequence(items, line);
    }

    private static Tree scalar(Tag tag, String value, int line) {
        if (tag.equals(Tag.NULL)) {
            return new Tree.Absent(line);
        }
        if (tag.equals(Tag.BOOL)) {
            return new Tree.Flag(value.equalsIgnoreCase("true"), line);
        }
        if (tag.equals(Tag.INT)) {
            return whole(value, line);
        }
        return tag.equals(Tag.FLOAT) ? new Tree.Fraction(value, line) : new Tree.Text(value, line);
    }

    private static Tree whole(String value, int line) {
        try {
            return new Tree.Whole(
                    value.startsWith("0o") ? Long.parseLong(value.substring(2), 8) : Long.decode(decimal(value)), line);
        } catch (NumberFormatException e) {
            return new Tree.Fraction(value, line);
        }
    }

    /** Removes the leading zeros that {@link Long#decode} would take for an octal number. */
    private static String decimal(String value) {
        return value.startsWith("0x") ? value : value.replaceFirst("^([-+]?)0+(?=[0-9])", "$1");
    }

    private static int line(Optional<Mark> mark) {
        return mark.map(at -> at.getLine() + 1).orElse(0);
    }
}
