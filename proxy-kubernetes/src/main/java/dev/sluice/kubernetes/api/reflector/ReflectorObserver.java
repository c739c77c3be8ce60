// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

/** An observer of a {@link Reflector}, notified on its thread. */
public interface ReflectorObserver {

    /**
     * A request failed, or its answer did; it is repeated after a delay.
     *
     * @param verb {@code list} or {@code watch}
     */
    void failed(String verb, ApiFailure failure);

    /** A list was read to its end. */
    void listed();

    /** A watch was opened. */
    void watching();

    /** The watch delivered a change or a bookmark. */
    void heard();

    /** The watch has ended, for whatever reason. */
    void ended(WatchEnd cause);

    /** Why a watch has ended. */
    enum WatchEnd {
        /** The server ended it, as it does after some minutes, or it is opened anew to see whether it still works. */
        PLANNED,
        /** The version that it began with is no longer known. */
        EXPIRED,
        /** The server's versions went back. */
        WENT_BACK,
        /** Anything else. */
        BROKEN;

        /** As a metric's label. */
        public String label() {
            return switch (this) {
                case PLANNED -> "planned";
                case EXPIRED -> "expired";
                case WENT_BACK -> "went-back";
                case BROKEN -> "broken";
            };
        }
    }
}
