// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

/** What the drill can do with the proxy. */
public interface ProxyUnderDrill {

    /** From now on the objects of {@code file} are exactly those of {@code yaml}; the proxy may take its time. */
    void write(String file, String yaml);

    /** Ends the proxy without a chance to tidy up. */
    void kill();

    /** Starts the proxy, and waits until its first sync is in force. */
    void start();
}
