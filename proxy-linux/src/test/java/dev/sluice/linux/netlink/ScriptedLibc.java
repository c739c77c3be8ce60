// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.linux.Errno;
import dev.sluice.linux.libc.Libc;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/** A kernel whose answer to each datagram the test sets; sockets only. */
final class ScriptedLibc implements Libc {
    private final Deque<Answer> answers = new ArrayDeque<>();
    private final Function<List<Message>, List<Answer>> kernel;
    final List<Integer> datagramSizes = new ArrayList<>();
    int receiveBuffer = 16 << 20;
    boolean closed;

    ScriptedLibc(Function<List<Message>, List<Answer>> kernel) {
        this.kernel = kernel;
    }

    /** A datagram, or an errno. */
    record Answer(int errno, ByteBuffer datagram) {
        static Answer errno(int errno) {
            return new Answer(errno, ByteBuffer.allocate(0));
        }

        /** Messages back to back. */
        static Answer of(byte[]... messages) {
            ByteBuffer all = ByteBuffer.allocate(64 << 10);
            for (byte[] message : messages) {
                all.put(message);
            }
            return new Answer(0, all.flip());
        }
    }

    static byte[] message(int type, int flags, int sequence, byte... payload) {
        int padded = Netlink.align(payload.length);
        return ByteBuffer.allocate(16 + padded)
                .order(ByteOrder.nativeOrder())
                .putInt(16 + payload.length)
                .putShort((short) type)
                .putShort((short) flags)
                .putInt(sequence)
                .putInt(0)
                .put(payload)
                .array();
    }

    static byte[] error(int errno, Message request) {
        byte[] payload = ByteBuffer.allocate(20)
                .order(ByteOrder.nativeOrder())
                .putInt(-errno)
                .putInt(16)
                .putInt(0)
                .putInt(request.sequence())
                .putInt(0)
                .array();
        return message(Netlink.NLMSG_ERROR, Netlink.F_CAPPED, request.sequence(), payload);
    }

    static byte[] ack(Message request) {
        return error(0, request);
    }

    static byte[] done(Message request) {
        return message(Netlink.NLMSG_DONE, Netlink.F_MULTI, request.sequence(), new byte[4]);
    }

    @Override
    public int send(int fd, ByteBuffer data, int flags) {
        datagramSizes.add(data.remaining());
        List<Message> messages = new ArrayList<>();
        ByteBuffer copy = ByteBuffer.allocate(data.remaining()).order(ByteOrder.nativeOrder());
        copy.put(data.duplicate()).flip();
        while (copy.hasRemaining()) {
            messages.add(Message.next(copy));
        }
        answers.addAll(kernel.apply(messages));
        return data.remaining();
    }

    @Override
    public int recv(int fd, ByteBuffer into, int flags) {
        Answer answer = answers.poll();
        if (answer == null) {
            return -Errno.EAGAIN;
        }
        if (answer.errno() != 0) {
            return -answer.errno();
        }
        into.duplicate().put(answer.datagram().duplicate());
        return answer.datagram().remaining();
    }

    @Override
    public int getsockopt(int fd, int level, int option, ByteBuffer value) {
        value.putInt(0, receiveBuffer);
        return 4;
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return 7;
    }

    @Override
    public int bind(int fd, ByteBuffer address) {
        return 0;
    }

    @Override
    public int setsockopt(int fd, int level, int option, ByteBuffer value) {
        return 0;
    }

    @Override
    public int attachFilter(int fd, ByteBuffer program) {
        return 0;
    }

    @Override
    public int close(int fd) {
        closed = true;
        return 0;
    }

    @Override
    public int connect(int fd, ByteBuffer address) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int listen(int fd, int backlog) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int shutdown(int fd) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int accept4(int fd, ByteBuffer address, int flags) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int getsockname(int fd, ByteBuffer address) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int poll(ByteBuffer fds, int timeoutMillis) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int eventfd(int initial, int flags) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(int fd, ByteBuffer data) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int open(String path, int flags, int mode) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int unshare(int flags) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int setns(int fd, int namespaceType) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int gettid() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int getrlimit(int resource, ByteBuffer limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int setrlimit(int resource, ByteBuffer limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int execv(String path, List<byte[]> arguments) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int close_range(int first, int last, int flags) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int madvise(long address, long length, int advice) {
        throw new UnsupportedOperationException();
    }
}
