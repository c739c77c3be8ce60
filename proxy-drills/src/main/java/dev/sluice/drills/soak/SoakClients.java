// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.soak;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Failures;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Workers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;

/**
 * The clients of a soak. Polite ones send streams of random bytes of all sizes and compare the checksum of the echo;
 * some pause while they read. Rude ones send without reading, or send nothing, and end with a reset; they may affect no
 * other client.
 */
final class SoakClients implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int PIECE = 32 << 10;

    private final Workers workers = new Workers();
    private final Failures failures = new Failures();
    private final AtomicLong streams = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong rude = new AtomicLong();

    private interface Client {
        void once(Connection connection, Random random) throws IOException;
    }

    SoakClients(Lab lab) {
        for (IpFamily family : IpFamily.values()) {
            begin(
                    "small streams",
                    lab.pod("a3"),
                    family,
                    (c, random) -> stream(c, random, random.nextInt(2000), false));
            begin("small streams", lab.client(), family, (c, random) -> stream(c, random, random.nextInt(2000), false));
            begin(
                    "large streams",
                    lab.pod("a4"),
                    family,
                    (c, random) -> stream(c, random, 1 + random.nextInt(8 << 20), false));
            begin("slow readers", lab.client(), family, (c, random) -> stream(c, random, 1 << 20, true));
            begin("rude", lab.pod("a5"), family, this::sendAndReset);
            begin("rude", lab.pod("a5"), family, this::waitAndReset);
        }
    }

    private void begin(String kind, LabHost from, IpFamily family, Client client) {
        IpAddress to = Soak.SERVICE.address(family);
        Random random = new Random(Objects.hash(kind, from.name(), family.label()));
        workers.repeat("soak, " + kind, () -> {
            try (Connection connection = from.caller().waiting(PATIENCE).connect(to, Soak.SERVICE.port())) {
                client.once(connection, random);
            } catch (IOException | LabException e) {
                if (!kind.equals("rude")) {
                    failures.add(kind + ", " + family + ": " + e.getMessage());
                }
            }
        });
    }

    private void stream(Connection connection, Random random, int size, boolean slowly) throws IOException {
        CRC32 sent = new CRC32();
        CompletableFuture<Void> sending = new CompletableFuture<>();
        long seed = random.nextLong();
        Thread.ofVirtual().start(() -> {
            try {
                send(connection, new Random(seed), size, sent);
                connection.halfClose();
                sending.complete(null);
            } catch (IOException e) {
                sending.completeExceptionally(e);
            }
        });
        CRC32 got = new CRC32();
        long count = 0;
        byte[] buffer = new byte[PIECE];
        InputStream in = connection.input();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            got.update(buffer, 0, read);
            count += read;
            if (slowly) {
                LockSupport.parkNanos(2_000_000);
            }
        }
        sending.join();
        if (count != size || sent.getValue() != got.getValue()) {
            throw new IOException(count < size ? "bytes are missing" : "bytes are not those that were sent");
        }
        streams.incrementAndGet();
        bytes.addAndGet(2L * size);
    }

    private static void send(Connection connection, Random random, int size, CRC32 into) throws IOException {
        byte[] piece = new byte[PIECE];
        for (int left = size; left > 0; left -= PIECE) {
            random.nextBytes(piece);
            int length = Math.min(left, PIECE);
            into.update(piece, 0, length);
            connection.send(ByteBuffer.wrap(piece, 0, length));
        }
    }

    private void sendAndReset(Connection connection, Random random) throws IOException {
        send(connection, random, random.nextInt(1 << 20), new CRC32());
        connection.reset();
        rude.incrementAndGet();
    }

    private void waitAndReset(Connection connection, Random random) throws IOException {
        LockSupport.parkNanos(random.nextInt(200_000_000));
        connection.reset();
        rude.incrementAndGet();
    }

    @Override
    public String toString() {
        return streams + " streams compared, " + bytes.get() / 1_000_000 + " MB, " + rude + " rude clients, failed: "
                + failures;
    }

    long failures() {
        return failures.total();
    }

    long streams() {
        return streams.get();
    }

    /** Stops; when it returns, no connection is open. */
    @Override
    public void close() {
        workers.close();
    }
}
