// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
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

/**
 * Reads YAML 1.2 as {@link Tree}s. Aliases are shared, not copied, and what they stand for is bounded, as is the
 * nesting: a small file costs little to read, and to walk.
 */
public final class YamlTree {
    private static final String BYTE_ORDER_MARK = "\ufeff";

    private final @Nullable Consumer<String> repeated;
    private final IdentityHashMap<Node, Sized> seen = new IdentityHashMap<>();
    private long aliased;
    private long values;

    /** A value, and the number of values in it, those of aliases included. */
    private record Sized(Tree tree, long values) {}

    private YamlTree(@Nullable Consumer<String> repeated) {
        this.repeated = repeated;
    }

    /**
     * Reads the documents of a file, without the empty ones.
     *
     * @throws DocumentSyntaxException when it is not YAML, a field occurs twice in one object, or it exceeds a limit
     */
    public static List<Tree> documents(byte[] content) throws DocumentSyntaxException {
        List<Tree> result = new ArrayList<>();
        documents(content, result::add);
        return result;
    }

    /** Like {@link #documents(byte[])}, but hands each document over when it is read, and keeps none. */
    public static void documents(byte[] content, Consumer<Tree> each) throws DocumentSyntaxException {
        Documents documents = open(content, null);
        for (Tree next = documents.next(); !(next instanceof Tree.Absent); next = documents.next()) {
            each.accept(next);
        }
    }

    /** @param repeated gets a description of each repeated field, of which the last counts; null refuses them */
    static Documents open(byte[] content, @Nullable Consumer<String> repeated) {
        return new Documents(text(content), repeated);
    }

    /** The documents of a file that are not empty, read one after the other. */
    static final class Documents {
        private final Iterator<Node> nodes;
        private final @Nullable Consumer<String> repeated;

        private Documents(String text, @Nullable Consumer<String> repeated) {
            this.repeated = repeated;
            LoadSettings settings = LoadSettings.builder()
                    .setSchema(new CoreSchema())
                    .setCodePointLimit(Integer.MAX_VALUE)
                    .setMaxAliasesForCollections(DocumentLimits.ALIASED_VALUES)
                    .setBufferSize(BoundedYaml.bufferSize(text))
                    .build();
            nodes = BoundedYaml.documents(text, settings);
        }

        /** The next document; {@link Tree.Absent} at the end. */
        Tree next() throws DocumentSyntaxException {
            try {
                while (nodes.hasNext()) {
                    Tree document = new YamlTree(repeated).tree(nodes.next());
                    if (!(document instanceof Tree.Absent)) {
                        return document;
                    }
                }
                return new Tree.Absent(0);
            } catch (MarkedYamlEngineException e) {
                throw new DocumentSyntaxException(line(e.getProblemMark()), e.getProblem(), e);
            } catch (YamlEngineException e) {
                throw new DocumentSyntaxException(0, String.valueOf(e.getMessage()), e);
            }
        }
    }

    /** A byte order mark may begin each document, as after {@code cat} of several files. */
    private static String text(byte[] content) {
        String text = new String(content, StandardCharsets.UTF_8);
        return text.indexOf(BYTE_ORDER_MARK) < 0 ? text : text.replace("\n" + BYTE_ORDER_MARK, "\n");
    }

    private Tree tree(Node node) throws DocumentSyntaxException {
        int line = line(node.getStartMark());
        Sized known = seen.get(node);
        if (known != null) {
            aliased += known.values();
            values += known.values();
            if (aliased > DocumentLimits.ALIASED_VALUES) {
                throw new DocumentSyntaxException(
                        line, DocumentLimits.TOO_MANY_ALIASED, new IllegalArgumentException());
            }
            return known.tree();
        }
        long before = values++;
        if (node.isRecursive()) {
            throw new DocumentSyntaxException(line, "an alias that contains itself", new IllegalArgumentException());
        }
        Tree tree = switch (node) {
            case MappingNode mapping -> mapping(mapping, line);
            case SequenceNode sequence -> sequence(sequence, line);
            case ScalarNode scalar -> scalar(scalar.getTag(), scalar.getValue(), line);
            default -> new Tree.Absent(line);
        };
        seen.put(node, new Sized(tree, values - before));
        return tree;
    }

    private Tree mapping(MappingNode node, int line) throws DocumentSyntaxException {
        Map<String, Tree> fields = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            Node key = tuple.getKeyNode();
            String name = key instanceof ScalarNode scalar ? scalar.getValue() : "?";
            if (fields.put(name, tree(tuple.getValueNode())) != null) {
                repeated(name, line(key.getStartMark()));
            }
        }
        return new Tree.Mapping(fields, line);
    }

    private void repeated(String name, int line) throws DocumentSyntaxException {
        String what = "the field \"" + name + "\" occurs twice";
        if (repeated == null) {
            throw new DocumentSyntaxException(line, what, new IllegalArgumentException());
        }
        repeated.accept("line " + line + ": " + what + "; this one counts: remove the other");
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
