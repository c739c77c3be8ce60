// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps one copy of each string that thousands of objects share: namespaces, node names, port names, protocols.
 * Thread-safe.
 */
public final class StringPool {
    /** Far above any cluster's number of nodes and namespaces; beyond it the pool starts again from empty. */
    private static final int LIMIT = 50_000;

    private final ConcurrentHashMap<String, String> known = new ConcurrentHashMap<>();

    /** The one copy of {@code string}. */
    public String shared(String word) {
        if (word.isEmpty()) {
            return "";
        }
        if (known.size() > LIMIT) {
            known.clear();
        }
        String first = known.putIfAbsent(word, word);
        return first == null ? word : first;
    }
}
