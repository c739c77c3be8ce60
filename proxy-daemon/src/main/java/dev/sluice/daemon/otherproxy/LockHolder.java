// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import java.util.HashMap;
import java.util.Map;

/**
 * The process that holds the lock, as it describes itself to who asks.
 *
 * @param mode its mode, or the command that it runs; empty when it has not answered
 * @param pid its process id in its own numbering, 0 when unknown
 * @param since when it took the lock, as text; empty when unknown
 * @param handsOver whether a process of the same mode may take over from it now
 * @param isKnown whether it is a process of this user that listens, as every proxy does
 */
record LockHolder(String mode, long pid, String since, boolean handsOver, boolean isKnown) {
    /** Nothing is known: it does not listen, is another user's, or has ended just now. */
    static final LockHolder UNKNOWN = new LockHolder("", 0, "", false, false);

    /** The line that a holder answers: words {@code key=value}, so that later versions may add some. */
    String line() {
        return "mode=" + mode + " pid=" + pid + " since=" + since + " handover=" + (handsOver ? "yes" : "no");
    }

    /**
     * Reads a line; what it does not say is unknown.
     *
     * @param peer the process id that the kernel knows, 0 when that process is in a namespace of its own
     */
    static LockHolder of(String line, int peer) {
        Map<String, String> words = new HashMap<>();
        for (String word : line.strip().split(" +")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                words.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        String own = words.getOrDefault("pid", "");
        long pid = peer > 0 || !own.matches("\\d{1,9}") ? peer : Long.parseLong(own);
        return new LockHolder(
                words.getOrDefault("mode", ""),
                pid,
                words.getOrDefault("since", ""),
                "yes".equals(words.get("handover")),
                true);
    }

    /** A process that listens and does not answer. */
    static LockHolder silent(int peer) {
        return new LockHolder("", peer, "", false, true);
    }

    /** The same, after it has stopped answering: nobody can take over from it. */
    LockHolder silent() {
        return new LockHolder(mode, pid, since, false, isKnown);
    }

    /** For messages. */
    @Override
    public String toString() {
        String process = pid == 0 ? "a process that does not answer" : "process " + pid;
        return "another Sluice (" + process + (mode.isEmpty() ? "" : ", mode " + mode)
                + (since.isEmpty() ? "" : ", since " + since) + ")";
    }
}
