// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.util.function.Supplier;

/** How a request is answered. */
public sealed interface Answer {
    /** At once. */
    record Now(Page page) implements Answer {}

    /** When {@code worker} has made the page. */
    record Later(PageWorker worker, Supplier<Page> page) implements Answer {}

    /** By a reset of the connection. */
    record Reset() implements Answer {}
}
