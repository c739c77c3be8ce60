// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests over one netlink socket, in the network namespace of the thread that opened it, and reads the answers.
 * Calls block, at most ten seconds for each answer: use platform threads. Calls of several threads take turns.
 *
 * <p>Every request has its own sequence number. Answers with another number, left over from a call that timed out, are
 * skipped.
 */
public final class NetlinkSocket implements AutoCloseable {
    private static final int DUMP_ATTEMPTS = 5;
    private static final int RECEIVE_BYTES = 128 << 10;
    private static final int SEND_BYTES = 128 << 10;

    private final NetlinkChannel channel;
    private final WireTrace trace;
    private final MessageWriter outbound = new MessageWriter(4 << 10);
    private final ByteBuffer inbound = NetlinkChannel.direct(RECEIVE_BYTES);
    private final int messagesPerSend;
    private int lastSequence;

    private NetlinkSocket(NetlinkChannel channel, WireNames names) {
        this.channel = channel;
        this.trace = new WireTrace(names);
        // an answer takes less than 2 KiB of the kernel's buffer, so answers to one send always fit
        this.messagesPerSend = Math.clamp(channel.receiveBufferBytes() / 2048, 32, 4096);
    }

    /** Opens a socket for {@link Netlink#ROUTE}, {@link Netlink#NETFILTER} or {@link Netlink#GENERIC}. */
    public static NetlinkSocket open(int protocol) throws NetlinkException {
        return open(protocol, WireNames.NONE);
    }

    /** @param names the names of the protocol's messages, for the trace */
    public static NetlinkSocket open(int protocol, WireNames names) throws NetlinkException {
        return open(Libc.system(), protocol, names);
    }

    static NetlinkSocket open(Libc libc, int protocol, WireNames names) throws NetlinkException {
        return new NetlinkSocket(NetlinkChannel.open(libc, protocol), names);
    }

    /** The number by which the kernel knows this socket, and names it as the cause of notifications. */
    public int port() {
        return channel.port();
    }

    /** Sends one request and waits until the kernel has carried it out. Returns the bytes sent. */
    public long request(NetlinkRequest request) throws NetlinkException {
        return query(request, message -> null).bytes();
    }

    /** Sends one request and decodes the kernel's messages before its acknowledgement. */
    public synchronized <T> Reply<T> query(NetlinkRequest request, Decoder<T> decoder) throws NetlinkException {
        int sequence = ++lastSequence;
        outbound.clear();
        outbound.write(request, sequence, Netlink.F_ACK);
        send(request.operation());
        ReplyCollector<T> collector = new ReplyCollector<>(request.operation(), sequence, decoder);
        while (!collector.hasEnded()) {
            int errno = receive(0);
            if (errno != 0) {
                throw unanswered(request.operation(), errno);
            }
            collector.take(inbound);
        }
        return new Reply<>(collector.result(), outbound.size());
    }

    /**
     * As {@link #query}, for a request that the kernel answers with a single message or a refusal: without an
     * acknowledgement there is one message less to wait for.
     */
    public synchronized <T> List<T> ask(NetlinkRequest request, Decoder<T> decoder) throws NetlinkException {
        int sequence = ++lastSequence;
        outbound.clear();
        outbound.write(request, sequence, 0);
        send(request.operation());
        ReplyCollector<T> collector = new ReplyCollector<>(request.operation(), sequence, decoder);
        while (!collector.hasAnswer()) {
            int errno = receive(0);
            if (errno != 0) {
                throw unanswered(request.operation(), errno);
            }
            collector.take(inbound);
        }
        return collector.result();
    }

    /**
     * As {@link #ask}, for requests that leave by one send.
     *
     * @return the answers in the order of the requests, null for those that the kernel has refused
     */
    public synchronized <T> List<@Nullable T> askAll(List<NetlinkRequest> requests, Decoder<T> decoder)
            throws NetlinkException {
        List<@Nullable T> answers = new ArrayList<>(requests.size());
        int first = lastSequence + 1;
        outbound.clear();
        for (NetlinkRequest request : requests) {
            outbound.write(request, ++lastSequence, 0);
            answers.add(null);
        }
        Object operation = requests.getFirst().operation();
        send(operation);
        int missing = requests.size();
        while (missing > 0) {
            int errno = receive(0);
            if (errno != 0) {
                throw unanswered(operation, errno);
            }
            while (inbound.hasRemaining()) {
                Message message = Message.next(inbound);
                int place = message.sequence() - first;
                if (place >= 0 && place < answers.size()) {
                    missing--;
                    answers.set(place, message.type() == Netlink.NLMSG_ERROR ? null : decoder.decode(message));
                }
            }
        }
        return answers;
    }

    /**
     * Reads a whole table. A dump during which the table changed, so that entries may be missing or doubled, is
     * repeated. After {@value #DUMP_ATTEMPTS} attempts the last result is used, if nothing was lost.
     */
    public synchronized <T> List<T> dump(NetlinkRequest request, Decoder<T> decoder) throws NetlinkException {
        for (int attempt = 1; ; attempt++) {
            int sequence = ++lastSequence;
            outbound.clear();
            outbound.write(request, sequence, Netlink.F_DUMP);
            send(request.operation());
            ReplyCollector<T> collector = new ReplyCollector<>(request.operation(), sequence, decoder);
            int dropped = 0;
            while (!collector.hasEnded()) {
                int errno = receive(0);
                if (errno == Errno.ENOBUFS && dropped == 0) {
                    dropped = errno;
                } else if (errno != 0) {
                    throw unanswered(request.operation(), dropped == 0 ? errno : dropped);
                }
                collector.take(inbound);
            }
            List<T> result = collector.result();
            if (dropped == 0 && !collector.wasInterrupted() || dropped == 0 && attempt >= DUMP_ATTEMPTS) {
                return result;
            }
            if (attempt >= DUMP_ATTEMPTS) {
                throw unanswered(request.operation(), dropped);
            }
        }
    }

    /**
     * Sends many requests back to back, in few sends. The kernel carries them out in order and continues after a
     * refusal. Only the last message of a send requests an acknowledgement, since refusals are always answered.
     *
     * @throws NetlinkException when the socket fails or answers were lost; it is unknown then how many requests were
     *     carried out, and the caller must compare with the kernel's state
     */
    public synchronized BatchReply batch(List<NetlinkRequest> requests) throws NetlinkException {
        List<BatchReply.Refusal> refusals = new ArrayList<>();
        long bytes = 0;
        int from = 0;
        while (from < requests.size()) {
            int firstSequence = lastSequence + 1;
            int to = encode(requests, from);
            String operation = "a batch of " + (to - from) + " messages, first "
                    + requests.get(from).operation();
            send(operation);
            bytes += outbound.size();
            int offset = from;
            int last = to - from - 1;
            readAnswers(operation, firstSequence, (place, answer) -> {
                if (answer.errno() != 0) {
                    int index = offset + place;
                    Object refused = requests.get(index).operation();
                    refusals.add(new BatchReply.Refusal(index, KernelError.of(refused, answer)));
                }
                return place == last;
            });
            from = to;
        }
        return new BatchReply(refusals, requests.size(), bytes);
    }

    /** Encodes as many requests as one send takes, at least one; returns the index of the first that is left. */
    private int encode(List<NetlinkRequest> requests, int from) {
        outbound.clear();
        int to = from;
        while (to < requests.size() && to - from < messagesPerSend && outbound.size() < SEND_BYTES) {
            outbound.write(requests.get(to++), ++lastSequence, 0);
        }
        outbound.flagLast(Netlink.F_ACK);
        return to;
    }

    /**
     * Passes the answers to the requests numbered from {@code first} to {@link #lastSequence} on, until {@code answers}
     * has seen enough.
     */
    private void readAnswers(Object operation, int first, Answers answers) throws NetlinkException {
        boolean ended = false;
        while (!ended) {
            int errno = receive(0);
            if (errno != 0) {
                drain();
                throw unanswered(operation, errno);
            }
            while (inbound.hasRemaining()) {
                Message message = Message.next(inbound);
                int place = message.sequence() - first;
                if (message.type() == Netlink.NLMSG_ERROR && place >= 0 && place <= lastSequence - first) {
                    ended |= answers.take(place, message);
                }
            }
        }
    }

    /**
     * Sends an nfnetlink batch, which the kernel carries out as a whole or not at all.
     *
     * @param requests the first and the last mark its begin and end, which the kernel does not answer
     * @return the refusals; when there is any, nothing was done
     * @throws NetlinkException when the socket fails or answers were lost; it is unknown then whether anything was done
     */
    public synchronized BatchReply commit(List<NetlinkRequest> requests) throws NetlinkException {
        outbound.clear();
        int first = lastSequence + 1;
        int last = requests.size() - 2;
        for (int i = 0; i < requests.size(); i++) {
            outbound.write(requests.get(i), ++lastSequence, i == last ? Netlink.F_ACK : 0);
        }
        Object operation = requests.getFirst().operation();
        send(operation);
        List<BatchReply.Refusal> refusals = new ArrayList<>();
        readAnswers(operation, first, (place, answer) -> {
            if (answer.errno() != 0) {
                Object refused = requests.get(place).operation();
                refusals.add(
                        new BatchReply.Refusal(place, KernelError.of(refused, answer), KernelError.offset(answer)));
            }
            // the kernel refuses the whole at its begin
            return place == last || place == 0;
        });
        return new BatchReply(refusals, requests.size(), outbound.size());
    }

    private void drain() {
        int errno;
        do {
            errno = receive(Linux.MSG_DONTWAIT);
        } while (errno == 0 || errno == Errno.ENOBUFS);
    }

    private void send(Object operation) throws NetlinkException {
        ByteBuffer data = outbound.written();
        trace.sent(data);
        channel.send(operation, data);
    }

    private int receive(int flags) {
        int errno = channel.receive(inbound, flags);
        trace.received(inbound);
        return errno;
    }

    private static NetlinkException unanswered(Object operation, int errno) {
        return switch (errno) {
            case Errno.EAGAIN ->
                NetlinkException.remarked(operation.toString(), Errno.ETIMEDOUT, "no answer within ten seconds");
            case Errno.ENOBUFS -> NetlinkException.remarked(operation.toString(), errno, "answers were lost");
            default -> NetlinkException.remarked(operation.toString(), errno, "receive failed");
        };
    }

    @Override
    public synchronized void close() {
        channel.close();
    }

    /** Takes the kernel's answers to requests that were sent together. */
    private interface Answers {
        /**
         * @param place of the request among those sent together
         * @return whether this was the last answer
         */
        boolean take(int place, Message answer) throws NetlinkException;
    }

    /** Decodes a message; null for one to skip. */
    @FunctionalInterface
    public interface Decoder<T> {
        @Nullable
        T decode(Message message) throws NetlinkException;
    }

    /**
     * The result of one request.
     *
     * @param bytes of the request
     */
    public record Reply<T>(List<T> values, long bytes) {}
}
