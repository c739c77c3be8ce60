// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.kernel;

import java.util.function.Consumer;

/**
 * Notices when another program changes what a mode made in the kernel. What was changed before it opened, it does not
 * notice.
 */
public interface ForeignWatch extends AutoCloseable {

    /** How it notices, for the log: {@code nf_tables announcements}. */
    String means();

    /** Whether it is certain that nobody else changed anything before it opened. */
    default boolean missedNothing() {
        return false;
    }

    @Override
    void close();

    /**
     * Opens the watch of a mode. Made before the first sync, so that it can tell whether others change something until
     * it opens.
     */
    interface Opener extends AutoCloseable {

        /**
         * Opens the watch, in the network namespace of the calling thread; after the first sync, since announcing a
         * whole first sync would cost the kernel a quarter more.
         *
         * @param noticed called on a thread of the watch
         * @throws HostException when the kernel does not permit it, e.g. without CAP_NET_ADMIN
         */
        ForeignWatch open(Consumer<ForeignChange> noticed) throws HostException;

        /** Releases what was kept until {@link #open}. */
        @Override
        void close();
    }
}
