// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.mode;

/** The hand-over of new connections to a successor, in a mode that carries traffic in its own process. */
public interface Handover {

    /** The name under which processes of this mode find each other in a network namespace. */
    String name();

    /** The successor's rules are in force: stops listening. Open connections go on until the process ends. */
    void retire();
}
