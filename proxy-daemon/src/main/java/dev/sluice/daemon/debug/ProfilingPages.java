// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.debug;

import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.PageServer;
import dev.sluice.daemon.http.Request;
import dev.sluice.daemon.log.Logging;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The pages of {@code --profiling}: what a virtual machine knows of itself, below the paths that Go programs use, and
 * the log level. Each is made by a worker of its own.
 */
public final class ProfilingPages {
    private static final String FOLDER = "/debug/pprof";
    private static final String INDEX = """
            %1$s/

            %1$s/threads           all threads with their stacks and locks
            %1$s/heap              instances and bytes by class; with ?gc=1 after a full garbage collection
            %1$s/jfr?seconds=10    a JDK Flight Recorder recording of 1 to %2$d seconds, for jfr or JDK Mission Control
            %1$s/cmdline           the command line, separated by NUL

            PUT %3$s          sets the log level, e.g. curl -X PUT -d 4
            """.formatted(FOLDER, FlightRecording.MOST_SECONDS, LogLevelPage.PATH);

    private ProfilingPages() {}

    /** Adds the pages to {@code server}. */
    public static void install(PageServer server) {
        server.page(FOLDER, request -> Page.text(200, INDEX))
                .page(FOLDER + "/", request -> Page.text(200, INDEX))
                .slowPage(FOLDER + "/threads", request -> Page.text(200, DiagnosticCommand.THREADS.run()))
                .slowPage(FOLDER + "/heap", ProfilingPages::heap)
                .slowPage(FOLDER + "/jfr", 2, new FlightRecording()::answer)
                .slowPage(FOLDER + "/cmdline", request -> commandLine())
                .page(LogLevelPage.PATH, new LogLevelPage(Logging::setVerbosity)::answer);
    }

    private static Page heap(Request request) {
        boolean collects = request.parameter("gc", "0").equals("1");
        return Page.text(200, (collects ? DiagnosticCommand.LIVE_HEAP : DiagnosticCommand.HEAP).run());
    }

    private static Page commandLine() {
        try {
            return Page.text(200, KernelFiles.read(Path.of("/proc/self/cmdline")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
