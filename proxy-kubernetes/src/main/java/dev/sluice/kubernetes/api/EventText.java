// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import java.nio.charset.StandardCharsets;

/** Cuts texts to the limits that the API server sets for Events. */
final class EventText {
    private static final int LONGEST_NAME = 253;

    private EventText() {}

    /** {@code text}, cut so that it has at most {@code bytes} in UTF-8. */
    static String cut(String text, int bytes) {
        if (text.getBytes(StandardCharsets.UTF_8).length <= bytes) {
            return text;
        }
        int end = Math.min(text.length(), bytes);
        while (text.substring(0, end).getBytes(StandardCharsets.UTF_8).length > bytes - 3) {
            end = text.offsetByCodePoints(end, -1);
        }
        return text.substring(0, end) + "...";
    }

    /** {@code base.suffix}, with a base short enough for the name of an object. */
    static String name(String base, String suffix) {
        int room = LONGEST_NAME - 1 - suffix.length();
        String head = base.length() <= room ? base : base.substring(0, room).replaceAll("[-.]+$", "");
        return head + "." + suffix;
    }
}
