// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.debug;

import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.text.ParseException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.Configuration;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;

/**
 * The page {@code /debug/pprof/jfr?seconds=N}: what JDK Flight Recorder records in the next N seconds, with the
 * settings {@code profile}. One client at a time; the others get 503.
 */
final class FlightRecording {
    /** Below the time that the server waits for a page. */
    static final int MOST_SECONDS = 30;

    private static final int DEFAULT_SECONDS = 10;
    /** A recording of 30 seconds has one or two megabytes. */
    private static final int MOST_BYTES = 16 << 20;

    private final AtomicBoolean records = new AtomicBoolean();

    Page answer(Request request) {
        if (!request.method().equals("GET")) {
            return Page.methodNotAllowed("GET");
        }
        String seconds = request.parameter("seconds", Integer.toString(DEFAULT_SECONDS));
        if (!seconds.matches("\\d{1,2}") || seconds.matches("00?") || Integer.parseInt(seconds) > MOST_SECONDS) {
            return Page.text(400, "seconds: want a whole number from 1 to " + MOST_SECONDS + "\n");
        }
        if (!FlightRecorder.isAvailable()) {
            return Page.text(501, "this virtual machine has no JDK Flight Recorder\n");
        }
        if (!records.compareAndSet(false, true)) {
            return Page.busy("a recording is running for another client");
        }
        try {
            return recorded(Duration.ofSeconds(Integer.parseInt(seconds)));
        } finally {
            records.set(false);
        }
    }

    private static Page recorded(Duration time) {
        try (Recording recording = new Recording(Configuration.getConfiguration("profile"))) {
            recording.setName("sluice");
            recording.setMaxSize(MOST_BYTES);
            recording.start();
            Thread.sleep(time);
            recording.stop();
            return page(recording);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Page.text(503, "the daemon is stopping\n");
        } catch (IOException | ParseException | IllegalStateException e) {
            return Page.text(
                    500,
                    "nothing could be recorded: " + e.getMessage() + ". It takes a writable directory: with"
                            + " -Djava.io.tmpdir=DIRECTORY in SLUICE_JAVA_OPTS another one than "
                            + System.getProperty("java.io.tmpdir") + " is used\n");
        }
    }

    private static Page page(Recording recording) throws IOException {
        try (InputStream recorded = recording.getStream(null, null)) {
            if (recorded == null) {
                throw new IOException("the recording is empty");
            }
            byte[] content = recorded.readNBytes(MOST_BYTES + 1);
            return content.length > MOST_BYTES
                    ? Page.text(500, "more than " + MOST_BYTES + " bytes were recorded: ask for fewer seconds\n")
                    : new Page(
                            200,
                            "application/octet-stream",
                            ByteBuffer.wrap(content),
                            Map.of("Content-Disposition", "attachment; filename=\"sluice.jfr\""));
        }
    }
}
