// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.takeover;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Failures;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.NewConnections.Call;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.Workers;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * UDP clients that ask again after half a second without an answer: for each call one that opens a new socket each
 * time, and one that keeps its socket. None may be refused, or be without an answer for longer than its patience.
 */
final class DatagramLoad implements AutoCloseable {
    private static final Duration REPEAT = Duration.ofMillis(500);
    private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();

    private final Duration patience;
    private final Workers workers = new Workers();
    private final Failures failures = new Failures();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong repeated = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();
    private final List<DatagramChannel> kept = new ArrayList<>();

    private interface Question {
        Outcome ask();
    }

    DatagramLoad(List<Call> calls, Duration patience) {
        this.patience = patience;
        for (Call call : calls) {
            Caller caller = call.from().caller().waiting(REPEAT);
            workers.repeat(
                    "flows-" + call.from().name(),
                    () -> untilAnswered("new flow", call, () -> caller.udp(call.to(), call.port())));
            DatagramSocket socket = open(call);
            workers.repeat(
                    "kept-flow-" + call.from().name(), () -> untilAnswered("kept socket", call, () -> ask(socket)));
        }
    }

    private DatagramSocket open(Call call) {
        try {
            DatagramChannel channel = call.from().udpSocket(call.to().family());
            kept.add(channel);
            channel.connect(new InetSocketAddress(call.to().toInetAddress(), call.port()));
            channel.socket().setSoTimeout((int) REPEAT.toMillis());
            return channel.socket();
        } catch (IOException e) {
            throw new LabException("a UDP client", e);
        }
    }

    private static Outcome ask(DatagramSocket socket) {
        try {
            socket.send(new DatagramPacket(new byte[] {'x', '\n'}, 2));
            DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
            socket.receive(answer);
            return new Outcome.Answer("", 0, IpAddress.of(answer.getAddress()), 0, "");
        } catch (PortUnreachableException e) {
            return new Outcome.Refused();
        } catch (SocketTimeoutException e) {
            return new Outcome.TimedOut();
        } catch (IOException e) {
            return new Outcome.Unreachable(String.valueOf(e.getMessage()));
        }
    }

    private void untilAnswered(String kind, Call call, Question question) {
        long start = System.nanoTime();
        Outcome outcome = question.ask();
        while (!(outcome instanceof Outcome.Answer)) {
            boolean late = System.nanoTime() - start > patience.toNanos();
            if (late || !(outcome instanceof Outcome.TimedOut)) {
                failures.add(
                        kind + " of " + call.from().name() + " to " + call.to().withPort(call.port()) + ": " + outcome);
                LockSupport.parkNanos(REPEAT.toNanos());
                return;
            }
            repeated.incrementAndGet();
            outcome = question.ask();
        }
        answered.incrementAndGet();
        slowest.accumulateAndGet(System.nanoTime() - start, Math::max);
        LockSupport.parkNanos(PAUSE_NANOS);
    }

    long answered() {
        return answered.get();
    }

    /** How many questions were asked again. */
    long repeated() {
        return repeated.get();
    }

    /** The longest time until an answer since the last call of this method. */
    Duration slowest() {
        return Duration.ofNanos(slowest.getAndSet(0));
    }

    Failures failures() {
        return failures;
    }

    @Override
    public void close() throws IOException {
        workers.close();
        for (DatagramChannel channel : kept) {
            channel.close();
        }
    }
}
