package dev.sluice.kubernetes.read;

import java.util.concurrent.ConcurrentHashMap;

/**
 * The words that thousands of objects share (namespaces, node names, port names, protocols), each kept on the heap once.
 * Safe for use by several threads.
 */
public final class Words {
    /** Far above any cluster's number of nodes and namespaces; beyond it the words are forgotten and learnt anew. */
    private static final int LIMIT = 50_000;

    private final ConcurrentHashMap<String, String> known = new ConcurrentHashMap<>();

    /** The one copy of {@code word}. */
    public String one(String word) {
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
