// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.repair;

/** What the proxy has applied, as it was at first, and somebody who damages it. */
interface Damage {
    /** How many rules or lines there are. */
    int size();

    /** Damages something that is applied; returns the command. */
    String strike();

    /** What is otherwise than at first, as readable text; empty when it is whole. */
    String difference();
}
