// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.util.Iterator;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.ParserException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * The documents of a YAML text, nested no deeper than {@link DocumentLimits#DEPTH}. The limit is held between parser
 * and composer: the parser keeps its own stack, the composer recurses on that of the thread.
 */
final class BoundedYaml implements Parser {
    private static final int MIN_BUFFER = 1 << 14;
    private static final int MAX_REFILLS = 8;

    private final Parser parser;
    private int depth;

    private BoundedYaml(Parser parser) {
        this.parser = parser;
    }

    /** Throws an exception of SnakeYAML, from the iterator too, when {@code text} is not YAML or too deep. */
    static Iterator<Node> documents(String text, LoadSettings settings) {
        return new Composer(settings, new BoundedYaml(new ParserImpl(settings, new StreamReader(settings, text))));
    }

    /**
     * The size of SnakeYAML's buffer for {@code text}. It copies what is left of a scalar with each refill, so the
     * number of refills is bounded; a buffer for the whole text of each file would make the heap grow.
     */
    static int bufferSize(String text) {
        return Math.max(MIN_BUFFER, text.length() / MAX_REFILLS + 1);
    }

    @Override
    public boolean checkEvent(Event.ID choice) {
        return parser.checkEvent(choice);
    }

    @Override
    public Event peekEvent() {
        return parser.peekEvent();
    }

    @Override
    public boolean hasNext() {
        return parser.hasNext();
    }

    @Override
    public Event next() {
        Event event = parser.next();
        switch (event.getEventId()) {
            case MappingStart, SequenceStart -> depth++;
            case MappingEnd, SequenceEnd -> depth--;
            default -> {}
        }
        if (depth > DocumentLimits.DEPTH) {
            throw new ParserException(DocumentLimits.TOO_DEEP, event.getStartMark());
        }
        return event;
    }
}
