// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.debug;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** A command of the virtual machine as {@code jcmd} runs it, asked of this process by itself. */
enum DiagnosticCommand {
    /** All platform threads with their stacks and locks, and the virtual machine's own. */
    THREADS("threadPrint", "-l"),
    /** Instances and bytes by class, of what is alive and what is garbage. */
    HEAP("gcClassHistogram", "-all"),
    /** The same after a full garbage collection. */
    LIVE_HEAP("gcClassHistogram", "");

    private static final String COMMANDS = "com.sun.management:type=DiagnosticCommand";

    private final String operation;
    private final String argument;

    DiagnosticCommand(String operation, String argument) {
        this.operation = operation;
        this.argument = argument;
    }

    /** What the command prints. */
    String run() {
        try {
            Object printed = ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName(COMMANDS),
                            operation,
                            new Object[] {argument.isEmpty() ? new String[0] : new String[] {argument}},
                            new String[] {String[].class.getName()});
            return String.valueOf(printed);
        } catch (JMException e) {
            throw new IllegalStateException("this virtual machine has no command " + operation, e);
        }
    }
}
