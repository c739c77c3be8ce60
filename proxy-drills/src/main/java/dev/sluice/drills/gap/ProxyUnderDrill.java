// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

/** The proxy as the drill controls it. */
public interface ProxyUnderDrill {

    /** Makes {@code yaml} the objects of {@code file}, in place of those before; the proxy applies them later. */
    void write(String file, String yaml);

    /** Kills the proxy, so that it cannot clean up. */
    void kill();

    /** Starts the proxy, and waits until its first sync is applied. */
    void start();
}
