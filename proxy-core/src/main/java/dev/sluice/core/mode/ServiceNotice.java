// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.mode;

import dev.sluice.core.model.ServiceName;

/**
 * Something that a mode reports of a Service on this node while it serves it; becomes an Event.
 *
 * @param reason one word in CamelCase
 * @param action what the mode was doing, one word in CamelCase
 * @param note for people
 */
public record ServiceNotice(ServiceName service, Kind kind, String reason, String action, String note) {

    /** How it is shown. */
    public enum Kind {
        NORMAL,
        WARNING
    }
}
