// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.kernel;

import java.util.function.Consumer;

/**
 * A watch that notices when another program changes what a mode made in the kernel. It misses changes from before it
 * opened.
 */
public interface ForeignWatch extends AutoCloseable {

    /** How it notices, for the log: {@code nf_tables announcements}. */
    String means();

    /** Whether it is certain that no other program changed anything before it opened. */
    default boolean missedNothing() {
        return false;
    }

    @Override
    void close();

    /**
     * Opens the watch of a mode. Created before the first sync, so that it can find out whether others change something
     * until the watch opens.
     */
    interface Opener extends AutoCloseable {

        /**
         * Opens the watch, in the network namespace of the calling thread; after the first sync, since notifications
         * would make a whole first sync a quarter more expensive for the kernel.
         *
         * @param noticed called on a thread of the watch
         * @throws HostException when the kernel does not permit it, e.g. without CAP_NET_ADMIN
         */
        ForeignWatch open(Consumer<ForeignChange> noticed) throws HostException;

        /** Releases what is held until {@link #open}. */
        @Override
        void close();
    }
}
