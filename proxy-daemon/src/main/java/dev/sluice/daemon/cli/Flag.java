// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import java.util.List;

/**
 * A flag that there is.
 *
 * @param names each with its hyphens, the long one first
 * @param isSwitch whether it is true or false, and may stand without a value
 */
record Flag(List<String> names, boolean isSwitch, String help) {
    Flag {
        names = List.copyOf(names);
    }

    /** The long name, with its hyphens. */
    String name() {
        return names.getFirst();
    }
}
