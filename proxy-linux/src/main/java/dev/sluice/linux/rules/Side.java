// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

/** An end of a connection that a match looks at. */
public enum Side {
    SOURCE("src"),
    DESTINATION("dst");

    private final String word;

    Side(String word) {
        this.word = word;
    }

    /** {@code src} or {@code dst}. */
    String word() {
        return word;
    }
}
