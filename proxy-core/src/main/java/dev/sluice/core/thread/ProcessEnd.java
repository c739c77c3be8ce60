// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a process that can no longer do its work: one line in the log and exit code 1, for the supervisor to start
 * it again. What it wrote stays in the kernel.
 */
public final class ProcessEnd {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessEnd.class);
    private static final int EXIT_CODE = 1;
    private static final int MAX_CAUSES = 16;

    private ProcessEnd() {}

    /** Ends the process at once, without its shutdown hooks: they may need the thread that has failed. */
    public static void now(String thread, Throwable cause) {
        try {
            LOG.atError()
                    .addKeyValue("thread", thread)
                    .addKeyValue("cause", cause.toString())
                    .log("the thread {} cannot go on ({}); exiting, to be started again", thread, cause.toString());
            LOG.debug("{}", thread, cause);
        } catch (Throwable e) {
            cause.addSuppressed(e); // no memory left to say why
        } finally {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    /** Ends the process if the virtual machine has failed: no work can be relied on after that, in any thread. */
    public static void ifFatal(String thread, Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            if (isFatal(cause)) {
                now(thread, cause);
            }
            cause = cause.getCause();
        }
    }

    /** The same for a failure that the calling thread has been given, or would go on after. */
    public static void ifFatal(Throwable failure) {
        ifFatal(Thread.currentThread().getName(), failure);
    }

    /** Throws {@code failure} again if the virtual machine has failed: asked by whoever goes on after a failure. */
    public static void rethrowFatal(Throwable failure) {
        if (failure instanceof VirtualMachineError error && isFatal(error)) {
            throw error;
        }
    }

    /** A stack overflow leaves everything outside of that stack as it was. */
    private static boolean isFatal(Throwable failure) {
        return failure instanceof VirtualMachineError && !(failure instanceof StackOverflowError);
    }
}
