// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Cuts the middle out of long log lines, and out of events of very many lines, with a remark in its place. */
final class LineLimit {
    /** The longest line, in bytes with its end. */
    static final int LINE = 8 * 1024;
    /** The longest event, in bytes: a stack trace with its causes is shorter. */
    static final int EVENT = 8 * LINE;

    /** Room for the remark. */
    private static final int REMARK = 64;

    private LineLimit() {}

    /** @param event lines in UTF-8 */
    static byte[] cut(byte[] event) {
        if (event.length <= LINE) {
            return event;
        }
        ByteArrayOutputStream lines = new ByteArrayOutputStream(Math.min(event.length, EVENT));
        int end;
        for (int begin = 0; begin < event.length; begin = end) {
            end = lineEnd(event, begin);
            append(event, begin, end, LINE, lines);
        }
        byte[] cut = lines.toByteArray();
        if (cut.length <= EVENT) {
            return cut;
        }
        ByteArrayOutputStream shorter = new ByteArrayOutputStream(EVENT);
        append(cut, 0, cut.length, EVENT, shorter);
        return shorter.toByteArray();
    }

    /** The index after the line's end. */
    private static int lineEnd(byte[] text, int begin) {
        for (int at = begin; at < text.length; at++) {
            if (text[at] == '\n') {
                return at + 1;
            }
        }
        return text.length;
    }

    /** Appends {@code from[begin, end)}; of more than {@code limit} bytes the first three quarters and the last. */
    private static void append(byte[] from, int begin, int end, int limit, ByteArrayOutputStream to) {
        if (end - begin <= limit) {
            to.write(from, begin, end - begin);
            return;
        }
        int kept = limit - REMARK;
        int headEnd = characterBegin(from, begin + kept * 3 / 4);
        int tailBegin = characterBegin(from, end - kept / 4 + 3);
        to.write(from, begin, headEnd - begin);
        to.writeBytes(("[... " + (tailBegin - headEnd) + " bytes left out ...]").getBytes(StandardCharsets.US_ASCII));
        to.write(from, tailBegin, end - tailBegin);
    }

    /** The begin of the character that the byte at {@code index} is a part of. */
    private static int characterBegin(byte[] text, int index) {
        int begin = index;
        while (begin > 0 && (text[begin] & 0xC0) == 0x80) {
            begin--;
        }
        return begin;
    }
}
