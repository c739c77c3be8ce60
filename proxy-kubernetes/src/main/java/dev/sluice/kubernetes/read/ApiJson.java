// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * The answers of an API server, read as they arrive: one object at a time is held as a {@link Tree}. Not for use by
 * several threads.
 */
public final class ApiJson implements AutoCloseable {
    /** Above the largest object that etcd takes. */
    private static final int LONGEST_STRING = 4 << 20;

    private static final int DEEPEST = 200;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(LONGEST_STRING)
                    .maxNestingDepth(DEEPEST)
                    .build())
            .build();

    private final InputStream body;
    private @Nullable JsonParser parser;

    /** Reads {@code body}, which the caller closes. */
    public ApiJson(InputStream body) {
        this.body = body;
    }

    /**
     * What surrounds the objects of a list.
     *
     * @param version the version of the list, never empty
     * @param continueToken empty on the last page
     */
    public record Page(String version, String continueToken) {}

    /** A line of a watch, without judgement of its type. */
    public record WatchEvent(String type, Tree.Mapping object) {}

    /**
     * Reads a page of a list; {@code item} gets each object when it is read, before it is known whether the rest can
     * be.
     *
     * @throws DocumentSyntaxException when it is not a whole list
     */
    public Page list(Consumer<Tree.Mapping> item) throws IOException, DocumentSyntaxException {
        return guarded(() -> {
            if (next() != JsonToken.START_OBJECT) {
                throw syntax("it is not a list");
            }
            Tree metadata = null;
            boolean items = false;
            while (next() == JsonToken.PROPERTY_NAME) {
                String name = parser().currentName();
                JsonToken value = next();
                if (name.equals("items")) {
                    items = items(value, item);
                } else if (name.equals("metadata")) {
                    metadata = JsonTree.read(parser());
                } else {
                    parser().skipChildren();
                }
            }
            String version = text(metadata, "resourceVersion");
            if (!items || version.isEmpty()) {
                throw syntax("it is not a list");
            }
            return new Page(version, text(metadata, "continue"));
        });
    }

    /**
     * Waits for the next line of a watch, and reads it; null at the end.
     *
     * @throws DocumentSyntaxException when it is not a watch's event
     */
    public @Nullable WatchEvent event() throws IOException, DocumentSyntaxException {
        return guarded(() -> {
            if (next() == null) {
                return null;
            }
            if (JsonTree.read(parser()) instanceof Tree.Mapping(Map<String, Tree> fields, int line)
                    && fields.get("type") instanceof Tree.Text(String type, int where)
                    && fields.get("object") instanceof Tree.Mapping object) {
                return new WatchEvent(type, object);
            }
            throw syntax("it is not an event of a watch");
        });
    }

    /** Reads a single object. */
    public Tree.Mapping object() throws IOException, DocumentSyntaxException {
        return guarded(() -> {
            if (next() == JsonToken.START_OBJECT && JsonTree.read(parser()) instanceof Tree.Mapping object) {
                return object;
            }
            throw syntax("it is not an object");
        });
    }

    /** Releases the buffers. */
    @Override
    public void close() {
        if (parser != null) {
            parser.close();
        }
    }

    private boolean items(JsonToken value, Consumer<Tree.Mapping> item) throws DocumentSyntaxException {
        if (value == JsonToken.VALUE_NULL) {
            return true;
        }
        if (value != JsonToken.START_ARRAY) {
            throw syntax("its items are not a list");
        }
        while (next() != JsonToken.END_ARRAY) {
            if (!(JsonTree.read(parser()) instanceof Tree.Mapping object)) {
                throw syntax("an item is not an object");
            }
            item.accept(object);
        }
        return true;
    }

    private JsonToken next() {
        return parser().nextToken();
    }

    private JsonParser parser() {
        if (parser == null) {
            parser = FACTORY.createParser(ObjectReadContext.empty(), body);
        }
        return parser;
    }

    private static String text(@Nullable Tree parent, String field) {
        return parent instanceof Tree.Mapping(Map<String, Tree> fields, int line)
                        && fields.get(field) instanceof Tree.Text(String text, int where)
                ? text
                : "";
    }

    @FunctionalInterface
    private interface Step<T extends @Nullable Object> {
        T run() throws DocumentSyntaxException;
    }

    /** Gives back the exception of the stream that Jackson has wrapped. */
    private static <T extends @Nullable Object> T guarded(Step<T> step) throws IOException, DocumentSyntaxException {
        try {
            return step.run();
        } catch (JacksonException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            // what follows names the parser's buffers
            String message = e.getOriginalMessage().replaceFirst("(?s) \\(start marker.*|\\n.*", "");
            throw new DocumentSyntaxException(0, message, e);
        }
    }

    private static DocumentSyntaxException syntax(String message) {
        return new DocumentSyntaxException(0, message, null);
    }
}
