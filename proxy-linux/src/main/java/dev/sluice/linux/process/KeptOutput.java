// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The first and the last bytes that a process writes to one stream; what is between them is only counted. */
final class KeptOutput {
    private final int headLimit;
    private final byte[] tail;
    private final List<byte[]> head = new ArrayList<>();
    private int headLength;
    private long tailLength;

    /** Keeps up to {@code head} bytes from the beginning, and up to {@code tail} more from the end. */
    KeptOutput(int head, int tail) {
        headLimit = head;
        this.tail = new byte[tail];
    }

    synchronized void add(byte[] bytes, int length) {
        int first = Math.min(length, headLimit - headLength);
        if (first > 0) {
            head.add(Arrays.copyOf(bytes, first));
            headLength += first;
        }
        for (int at = first; at < length; at++) {
            if (tail.length > 0) {
                tail[(int) (tailLength % tail.length)] = bytes[at];
            }
            tailLength++;
        }
    }

    /** The number of bytes that were written. */
    synchronized long total() {
        return headLength + tailLength;
    }

    /** Whether something was written that is not kept. */
    synchronized boolean isCut() {
        return tailLength > tail.length;
    }

    /** What is kept, as UTF-8, with a remark in the place of what is not. */
    synchronized String text() {
        int last = (int) Math.min(tailLength, tail.length);
        byte[] kept = new byte[headLength + last];
        int at = 0;
        for (byte[] part : head) {
            System.arraycopy(part, 0, kept, at, part.length);
            at += part.length;
        }
        for (long from = tailLength - last; from < tailLength; from++) {
            kept[at++] = tail[(int) (from % tail.length)];
        }
        if (!isCut()) {
            return new String(kept, StandardCharsets.UTF_8);
        }
        return new String(kept, 0, headLength, StandardCharsets.UTF_8)
                + "\n[" + (tailLength - last) + " bytes left out]\n"
                + new String(kept, headLength, last, StandardCharsets.UTF_8);
    }
}
