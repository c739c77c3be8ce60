// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.watchdog;

import dev.sluice.linux.process.MappedFiles;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The heap of this process. The serial collector looks for garbage among old objects only when the heap has reached its
 * maximum: whatever outlives a collection of the young ones, as much of a large page of metrics does, would otherwise
 * fill it little by little.
 */
public final class ProcessHeap {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessHeap.class);

    /** Less is not worth a collection. */
    private static final long LEAST_GROWTH = 8L << 20;

    private final Memory memory;
    /** What the heap took after the last collection of everything, in bytes. */
    private long settled = Long.MAX_VALUE / 2;

    /** The memory of the virtual machine. */
    interface Memory {
        /** Bytes in use, garbage included. */
        long used();

        /** Bytes that the heap takes of the system. */
        long committed();

        /** Collects all garbage and returns free memory to the system. */
        void collect();

        /** Returns clean pages of files to the system. */
        void releaseFiles();
    }

    /** The heap of the virtual machine, which is left alone before the first {@link #collect}. */
    public ProcessHeap() {
        this(new Memory() {
            @Override
            public long used() {
                return committed() - Runtime.getRuntime().freeMemory();
            }

            @Override
            public long committed() {
                return Runtime.getRuntime().totalMemory();
            }

            @Override
            public void collect() {
                System.gc();
            }

            @Override
            public void releaseFiles() {
                releaseMapped();
            }
        });
    }

    ProcessHeap(Memory memory) {
        this.memory = memory;
    }

    private static void releaseMapped() {
        try {
            long released = MappedFiles.release(file -> file.endsWith(".aot") || file.endsWith("/libjvm.so"));
            LOG.debug("{} bytes of files are mapped anew", released);
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Pages that only the start has read stay resident");
        }
    }

    /** Bytes in use, garbage included. */
    long used() {
        return memory.used();
    }

    /** Collects the garbage and returns memory to the system, clean pages included. */
    synchronized void collect() {
        memory.releaseFiles();
        memory.collect();
        settled = memory.committed();
    }

    /** Collects the garbage if the heap has grown by half since it was last done; for one thread, now and then. */
    public synchronized void look() {
        long grown = memory.committed() - settled;
        if (grown >= LEAST_GROWTH && grown >= settled / 2) {
            memory.collect();
            settled = memory.committed();
            LOG.debug("the heap has grown by {} bytes, and takes {} now", grown, settled);
        }
    }
}
