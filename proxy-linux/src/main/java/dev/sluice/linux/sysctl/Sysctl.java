// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.sysctl;

import java.io.IOException;
import java.util.Optional;

/** Kernel parameters of the calling thread's network namespace. Implemented over /proc/sys, and by a fake. */
public interface Sysctl {

    /**
     * The value of {@code name} (dots or slashes, e.g. {@code net.ipv4.ip_forward}), trimmed; empty when there is none.
     */
    Optional<String> read(String name) throws IOException;

    /** Sets {@code name} unless it has that value; returns whether it was written. */
    boolean set(String name, String value) throws IOException;
}
