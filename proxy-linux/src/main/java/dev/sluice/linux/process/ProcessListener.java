// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

/** Notified of the processes that this one starts, on the threads that start them. */
public interface ProcessListener {

    /** A listener that does nothing. */
    ProcessListener NONE = new ProcessListener() {
        @Override
        public void started(Command command, long pid) {}

        @Override
        public void ended(Command command, long pid) {}
    };

    /** A process was started and has not read any input yet. */
    void started(Command command, long pid);

    /** A process has ended, or was killed. */
    void ended(Command command, long pid);
}
