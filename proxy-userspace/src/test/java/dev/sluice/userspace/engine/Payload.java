// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

/** Long contents of connections, compared by their checksums. */
final class Payload {
    private Payload() {}

    /** Sends {@code size} bytes that follow from {@code seed}, and then the end of stream. */
    static CompletableFuture<Void> send(Socket socket, int seed, int size) {
        return CompletableFuture.runAsync(() -> {
            try {
                byte[] data = data(seed, size);
                for (int at = 0; at < size; at += 100_000) {
                    socket.getOutputStream().write(data, at, Math.min(100_000, size - at));
                }
                socket.shutdownOutput();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** The checksum of everything read; pauses for {@code millis} after each megabyte. */
    static long receive(InputStream in, int block, int millis) throws IOException, InterruptedException {
        CRC32 sum = new CRC32();
        byte[] buffer = new byte[block];
        long total = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            sum.update(buffer, 0, n);
            if (total / (1 << 20) != (total + n) / (1 << 20)) {
                TimeUnit.MILLISECONDS.sleep(millis);
            }
            total += n;
        }
        return sum.getValue();
    }

    /** The checksum of what {@link #send} sends. */
    static long checksum(int seed, int size) {
        CRC32 sum = new CRC32();
        sum.update(data(seed, size));
        return sum.getValue();
    }

    private static byte[] data(int seed, int size) {
        byte[] data = new byte[size];
        new Random(seed).nextBytes(data);
        return data;
    }
}
