// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.linux.NetlinkException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects the answers to one request or dump, datagram by datagram. */
final class ReplyCollector<T> {
    private final Object operation;
    private final int sequence;
    private final NetlinkSocket.Decoder<T> decoder;
    private final List<T> values = new ArrayList<>();
    private @Nullable NetlinkException failure;
    private boolean interrupted;
    private boolean ended;
    private boolean answered;

    /** @param sequence the number of the request; messages with another one are skipped */
    ReplyCollector(Object operation, int sequence, NetlinkSocket.Decoder<T> decoder) {
        this.operation = operation;
        this.sequence = sequence;
        this.decoder = decoder;
    }

    /**
     * Takes all messages of a datagram. An invalid one does not end the reading: the kernel sends a dump to its end.
     */
    void take(ByteBuffer datagram) {
        while (datagram.hasRemaining()) {
            Message message = Message.next(datagram);
            if (message.sequence() != sequence || message.type() == Netlink.NLMSG_NOOP) {
                continue;
            }
            interrupted |= message.has(Netlink.F_DUMP_INTR);
            switch (message.type()) {
                case Netlink.NLMSG_ERROR, Netlink.NLMSG_DONE -> {
                    ended = true;
                    if (message.errno() != 0) {
                        failed(KernelError.of(operation, message));
                    }
                }
                default -> {
                    answered = true;
                    decode(message);
                }
            }
        }
    }

    private void decode(Message message) {
        try {
            T value = decoder.decode(message);
            if (value != null) {
                values.add(value);
            }
        } catch (NetlinkException e) {
            failed(e);
        }
    }

    private void failed(NetlinkException exception) {
        if (failure == null) {
            failure = exception;
        }
    }

    /** Whether the kernel has sent its last message. */
    boolean hasEnded() {
        return ended;
    }

    /** Whether the kernel has sent any message. */
    boolean hasAnswer() {
        return answered || ended;
    }

    /** Whether the table changed during a dump, so that entries may be missing or doubled. */
    boolean wasInterrupted() {
        return interrupted;
    }

    /** @throws NetlinkException the kernel's refusal, or the first message that could not be read */
    List<T> result() throws NetlinkException {
        if (failure != null) {
            throw failure;
        }
        return values;
    }
}
