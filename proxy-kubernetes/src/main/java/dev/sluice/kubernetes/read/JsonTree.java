// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/** Reads JSON as a {@link Tree}. */
public final class JsonTree {
    /** By far the largest part of most objects, and never read by a proxy. */
    private static final String MANAGED_FIELDS = "managedFields";

    private final JsonParser parser;
    private final boolean lines;

    private JsonTree(JsonParser parser, boolean lines) {
        this.parser = parser;
        this.lines = lines;
    }

    /**
     * Reads the value at the current token of {@code parser}, without lines; leaves the parser at the value's last
     * token.
     */
    public static Tree read(JsonParser parser) {
        return new JsonTree(parser, false).value();
    }

    /**
     * Reads the documents of a file, and hands each over when it is read.
     *
     * @throws DocumentSyntaxException when it is not JSON, a field occurs twice in one object, or it exceeds a limit
     */
    public static void documents(byte[] content, Consumer<Tree> each) throws DocumentSyntaxException {
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(DocumentLimits.DEPTH)
                        .build())
                .build();
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), content)) {
            documents(parser, each);
        }
    }

    private static void documents(JsonParser parser, Consumer<Tree> each) throws DocumentSyntaxException {
        try {
            JsonTree reader = new JsonTree(parser, true);
            while (parser.nextToken() != null) {
                each.accept(reader.value());
            }
        } catch (JacksonException e) {
            boolean tooDeep = e instanceof StreamConstraintsException
                    && parser.streamReadContext().getNestingDepth() > DocumentLimits.DEPTH;
            String message = tooDeep ? DocumentLimits.TOO_DEEP : e.getOriginalMessage();
            throw new DocumentSyntaxException(parser.currentLocation().getLineNr(), message, e);
        }
    }

    private Tree value() {
        int line = lines ? parser.currentTokenLocation().getLineNr() : 0;
        return switch (parser.currentToken()) {
            case START_OBJECT -> mapping(line);
            case START_ARRAY -> sequence(line);
            case VALUE_STRING -> new Tree.Text(parser.getString(), line);
            case VALUE_TRUE -> new Tree.Flag(true, line);
            case VALUE_FALSE -> new Tree.Flag(false, line);
            case VALUE_NUMBER_INT ->
                parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        ? new Tree.Fraction(parser.getString(), line)
                        : new Tree.Whole(parser.getLongValue(), line);
            case VALUE_NUMBER_FLOAT -> new Tree.Fraction(parser.getString(), line);
            default -> new Tree.Absent(line);
        };
    }

    private Tree mapping(int line) {
        Map<String, Tree> fields = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals(MANAGED_FIELDS)) {
                parser.skipChildren();
            } else {
                fields.put(name, value());
            }
        }
        return new Tree.Mapping(fields, line);
    }

    private Tree sequence(int line) {
        List<Tree> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(value());
        }
        return new Tree.Sequence(items, line);
    }
}
