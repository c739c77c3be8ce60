// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.inject;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;

/**
 * The wall clock of one daemon, which jumps on demand. Linux has no namespace of the wall clock, so a small library
 * stands before libc's {@code clock_gettime}, {@code gettimeofday} and {@code time}; it needs a C compiler.
 */
public final class ClockShift {
    private static final String SOURCE = """
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <stdlib.h>
            #include <sys/mman.h>
            #include <sys/syscall.h>
            #include <sys/time.h>
            #include <time.h>
            #include <unistd.h>
            static volatile long *seconds;
            __attribute__((constructor)) static void begin(void) {
                const char *path = getenv("CLOCK_SHIFT");
                int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
                void *page = file < 0 ? MAP_FAILED : mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
                if (page != MAP_FAILED) seconds = page;
                if (file >= 0) close(file);
            }
            static long shift(void) { return seconds ? *seconds : 0; }
            int clock_gettime(clockid_t clock, struct timespec *now) {
                int result = syscall(SYS_clock_gettime, clock, now);
                if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
                return result;
            }
            int gettimeofday(struct timeval *restrict now, void *restrict zone) {
                struct timespec t;
                clock_gettime(CLOCK_REALTIME, &t);
                now->tv_sec = t.tv_sec;
                now->tv_usec = t.tv_nsec / 1000;
                return 0;
            }
            time_t time(time_t *to) {
                struct timespec t;
                clock_gettime(CLOCK_REALTIME, &t);
                if (to) *to = t.tv_sec;
                return t.tv_sec;
            }
            """;
    private final Path folder;

    /** @param folder an existing folder for this object alone */
    public ClockShift(Path folder) {
        this.folder = folder;
        try {
            Files.writeString(folder.resolve("clock.c"), SOURCE);
            Process compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-O2", "-o", library(), "clock.c")
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (compiler.waitFor() != 0) {
                throw new IOException("cc: " + said);
            }
            jump(Duration.ZERO);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The environment that a daemon must be started with. */
    public Map<String, String> environment() {
        return Map.of("LD_PRELOAD", library(), "CLOCK_SHIFT", page().toString());
    }

    /** Sets the daemon's clock this far after the machine's. */
    public void jump(Duration to) {
        ByteBuffer seconds = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        seconds.putLong(to.toSeconds()).flip();
        try (FileChannel file = FileChannel.open(page(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(seconds, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path page() {
        return folder.resolve("seconds");
    }

    private String library() {
        return folder.resolve("clock.so").toString();
    }
}
