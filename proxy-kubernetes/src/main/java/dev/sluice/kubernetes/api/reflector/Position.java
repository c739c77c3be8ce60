// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

/** Where a {@link Reflector} goes on: with a list, or with a watch from a version. Used by one thread. */
final class Position {
    private String version = "";
    private String reached = "";
    private int restores;
    private boolean consistent;
    private boolean versionsVoid;
    private boolean doubtful;
    private boolean suspect;

    /** @param restores of how many restores of the server is known */
    Position(int restores) {
        this.restores = restores;
    }

    /** Whether a list is needed. */
    boolean isUnlisted() {
        return version.isEmpty();
    }

    /** Whether the list must be of the present state: what the server's cache has may be too old. */
    boolean needsConsistentList() {
        return consistent;
    }

    /** Whether the versions of what was delivered mean nothing to the server any more. */
    boolean areVersionsVoid() {
        return versionsVoid;
    }

    /** Whether the server may have gone back since {@link #version()}. */
    boolean isDoubtful() {
        return doubtful;
    }

    /** Whether the last watch fell silent, so that the server must answer soon to be thought alive. */
    boolean isSuspect() {
        return suspect;
    }

    /** The version to watch from. */
    String version() {
        return version;
    }

    /** The last version that the server was seen at, empty when it means nothing any more. */
    String lastReached() {
        return reached;
    }

    /** Of how many restores of the server this position knows. */
    int restores() {
        return restores;
    }

    void listed(String at) {
        version = at;
        reached = at;
        consistent = true;
        versionsVoid = false;
        doubtful = false;
        suspect = false;
    }

    /** The server has shown that it is not behind. */
    void confirmed() {
        doubtful = false;
    }

    /** The watch has reached a version. */
    void reached(String at) {
        version = at;
        reached = at;
    }

    /** A watch was opened. */
    void answered() {
        suspect = false;
    }

    void fellSilent() {
        suspect = true;
    }

    /** The connection broke: the version still holds, unless the server has gone back. */
    void cut() {
        doubtful = !version.isEmpty();
        suspect = false;
    }

    /** The version cannot be used any more. */
    void expired() {
        consistent = consistent || !version.isEmpty();
        version = "";
        suspect = false;
    }

    /** The server counts differently from now on. */
    void wentBack() {
        expired();
        reached = "";
        consistent = true;
        versionsVoid = true;
    }

    /** The same, and these are all restores so far. */
    void wentBack(int allRestores) {
        wentBack();
        restores = allRestores;
    }
}
