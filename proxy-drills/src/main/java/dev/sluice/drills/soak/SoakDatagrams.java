// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.soak;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.DualStackService;
import dev.sluice.testkit.lab.Failures;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Workers;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * UDP clients of a soak, each with a new socket for some bursts of up to sixteen datagrams of all sizes. What comes
 * back must be what was sent. Datagrams may be lost, as with any network; then they are sent again. When an endpoint is
 * removed its answers under way are lost, so how many are is looked at with endpoints that stay.
 */
final class SoakDatagrams implements AutoCloseable {
    static final DualStackService SERVICE =
            new DualStackService("soak", "datagrams", 80, 80, DatagramEcho.PORT, Protocol.UDP);
    /** Its endpoints stay. */
    static final DualStackService STEADY =
            new DualStackService("soak", "steady", 81, 80, DatagramEcho.PORT, Protocol.UDP);

    private static final Duration REPEAT = Duration.ofSeconds(2);
    private static final int MOST_REPEATS = 30;
    private static final double LOST = 0.01;
    private static final int BURSTS = 20;
    private static final long PAUSE_NANOS = Duration.ofMillis(5).toNanos();

    private final Workers workers = new Workers();
    private final Failures failures = new Failures();
    private final Counts moving = new Counts();
    private final Counts steady = new Counts();

    private static final class Counts {
        final AtomicLong compared = new AtomicLong();
        final AtomicLong sent = new AtomicLong();
        final AtomicLong answers = new AtomicLong();

        /** Datagrams that were not answered: not those whose answer was late, and which were sent again. */
        long lost() {
            return sent.get() - answers.get();
        }

        @Override
        public String toString() {
            return compared + " datagrams compared, " + lost() + " lost or under way";
        }
    }

    /** The socket of a session, with the hashes of what it has sent. */
    private record Session(DatagramSocket socket, Counts counts, Set<Integer> hashes) {
        void send(byte[] data) throws IOException {
            socket.send(new DatagramPacket(data, data.length));
            hashes.add(Arrays.hashCode(data));
            counts.sent.incrementAndGet();
        }

        /** The next answer, null when none comes. */
        byte @Nullable [] receive() throws IOException {
            DatagramPacket answer = new DatagramPacket(new byte[1 << 16], 1 << 16);
            try {
                socket.receive(answer);
            } catch (SocketTimeoutException e) {
                return null;
            }
            counts.answers.incrementAndGet();
            byte[] data = Arrays.copyOf(answer.getData(), answer.getLength());
            if (!hashes.contains(Arrays.hashCode(data))) {
                throw new IOException("a datagram is not one of those that were sent");
            }
            return data;
        }
    }

    SoakDatagrams(Lab lab) {
        for (IpFamily family : IpFamily.values()) {
            for (LabHost from : List.of(lab.pod("a3"), lab.node(), lab.pod("a4"))) {
                Random random = new Random(Objects.hash("datagrams", from.name(), family.label()));
                workers.repeat("soak, datagrams", () -> session(from, family, SERVICE, moving, random));
                workers.repeat("soak, steady datagrams", () -> session(from, family, STEADY, steady, random));
            }
        }
    }

    private void session(LabHost from, IpFamily family, DualStackService service, Counts counts, Random random) {
        IpAddress to = service.address(family);
        try (DatagramChannel channel = from.udpSocket(family)) {
            channel.connect(new InetSocketAddress(to.toInetAddress(), service.port()));
            channel.socket().setSoTimeout((int) REPEAT.toMillis());
            Session session = new Session(channel.socket(), counts, new HashSet<>());
            int again = 0;
            for (int i = 0; i < BURSTS; i++) {
                again += burst(session, random);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            while (again > 0 && session.receive() != null) {
                again--; // of what was sent twice
            }
        } catch (IOException e) {
            failures.add("datagrams of " + from.name() + ", " + family + ": " + e.getMessage());
        }
    }

    /** Returns how many answers may still come. */
    private int burst(Session session, Random random) throws IOException {
        List<byte[]> missing = new ArrayList<>();
        int size = random.nextInt(10) == 0 ? 1 + random.nextInt(60_000) : 1 + random.nextInt(1400);
        int count = size > 1400 ? 1 : 1 + random.nextInt(16);
        for (int i = 0; i < count; i++) {
            byte[] data = new byte[i == count - 1 ? 1 + random.nextInt(size) : size];
            random.nextBytes(data);
            missing.add(data);
        }
        int awaited = 0;
        for (int attempt = 0; !missing.isEmpty(); attempt++) {
            if (attempt > MOST_REPEATS) {
                throw new IOException("no answer to " + missing.size() + " datagrams");
            }
            for (byte[] data : missing) {
                session.send(data);
                awaited++;
            }
            byte[] answer = session.receive();
            while (answer != null) {
                byte[] data = answer;
                awaited--;
                missing.removeIf(sent -> Arrays.equals(sent, data));
                answer = missing.isEmpty() ? null : session.receive();
            }
        }
        session.counts().compared.addAndGet(count);
        return awaited;
    }

    @Override
    public String toString() {
        return moving + "; with steady endpoints " + steady + ", failed: " + failures;
    }

    long failures() {
        return failures.total();
    }

    /** Whether datagrams have passed, and hardly any was lost on its way to endpoints that stay. */
    boolean pass() {
        return moving.compared.get() > 0 && steady.lost() < LOST * steady.sent.get();
    }

    /** Stops; when it returns, no datagram is under way. */
    @Override
    public void close() {
        workers.close();
    }
}
