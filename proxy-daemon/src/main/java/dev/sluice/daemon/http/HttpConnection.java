// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client: a request, its answer, and the next request. Only the loop's thread calls it. Each call reads, answers or
 * writes once and returns, so that no client keeps others from their turn.
 *
 * <p>After the last answer the peer closes the connection; what it still sends is read and dropped, because closing a
 * socket with unread bytes resets the connection, and the client would lose the answer.
 */
final class HttpConnection {
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    /** The JDK keeps a native copy of the largest buffer that was ever written. */
    private static final int MOST_AT_ONCE = 64 << 10;

    private final HttpLoop loop;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final HttpLimits limits;
    private final Supplier<RequestParser> parsers;
    private final Function<Request, Answer> site;
    private RequestParser parser;
    private ByteBuffer unread = NOTHING;
    private Response response = new Response(NOTHING, false);
    private State state = State.READING;
    private long deadline;
    /** Null unless a page is being made; read by its worker too. */
    private volatile @Nullable PageTask awaited;

    private enum State {
        READING,
        AWAITING_PAGE,
        WRITING,
        LINGERING,
        CLOSED
    }

    HttpConnection(
            HttpLoop loop,
            SelectionKey key,
            HttpLimits limits,
            Supplier<RequestParser> parsers,
            Function<Request, Answer> site) {
        this.loop = loop;
        this.channel = (SocketChannel) key.channel();
        this.key = key;
        this.limits = limits;
        this.parsers = parsers;
        this.site = site;
        this.parser = parsers.get();
        within(limits.head());
    }

    boolean isEvictable() {
        return state != State.AWAITING_PAGE;
    }

    boolean isWriting() {
        return state == State.WRITING;
    }

    /**
     * Goes on as far as the socket allows.
     *
     * @param buffer for reading, shared by all connections
     */
    void proceed(ByteBuffer buffer) throws IOException {
        switch (state) {
            case READING -> read(buffer);
            case WRITING -> write();
            case LINGERING -> drop(buffer);
            case AWAITING_PAGE, CLOSED -> {}
        }
        takeTurnAgain();
    }

    /** Pipelined requests are already here, so the selector will not report them. */
    private void takeTurnAgain() {
        if (state == State.READING && unread.hasRemaining()) {
            loop.again(this);
        }
    }

    private void read(ByteBuffer buffer) throws IOException {
        if (unread.hasRemaining()) {
            parse(unread);
            return;
        }
        buffer.clear();
        int count = channel.read(buffer);
        if (count < 0) {
            close();
        } else if (count > 0) {
            loop.connections().touch(this);
            parse(buffer.flip());
            unread = buffer.hasRemaining()
                    ? ByteBuffer.allocate(buffer.remaining()).put(buffer).flip()
                    : NOTHING;
        }
    }

    private void parse(ByteBuffer in) throws IOException {
        boolean wasEmpty = parser.isEmpty();
        boolean hadHead = parser.hasHead();
        try {
            Request request = parser.parse(in);
            if (request != null) {
                parser = parsers.get();
                answer(request);
            } else if (parser.hasHead() && !hadHead) {
                within(limits.body());
                inviteBody();
            } else if (wasEmpty) {
                within(limits.head());
            }
        } catch (RequestException e) {
            in.position(in.limit());
            refuse(e.status(), e.getMessage());
        }
    }

    private void inviteBody() throws IOException {
        if (parser.expectsContinue()) {
            channel.write(ByteBuffer.wrap(CONTINUE));
        }
    }

    private void answer(Request request) throws IOException {
        boolean ends = !limits.keepsAlive() || !request.keepsAlive();
        switch (site.apply(request)) {
            case Answer.Now now -> send(Response.plain(now.page(), request, ends));
            case Answer.Later later -> await(later, request, ends);
            case Answer.Reset _ -> reset();
        }
    }

    private void await(Answer.Later later, Request request, boolean ends) throws IOException {
        PageTask task = new PageTask(later, request, ends);
        state = State.AWAITING_PAGE;
        awaited = task;
        key.interestOps(0);
        within(limits.page());
        if (!later.worker().offer(task)) {
            send(Response.plain(Page.busy("too many requests wait for this page"), request, ends));
        }
    }

    /** Makes a page on its worker's thread, unless nobody waits for it any more. */
    private final class PageTask implements Runnable {
        private final Answer.Later later;
        private final Request request;
        private final boolean ends;

        PageTask(Answer.Later later, Request request, boolean ends) {
            this.later = later;
            this.request = request;
            this.ends = ends;
        }

        @Override
        public void run() {
            if (awaited == this) {
                Response made = Response.compressed(later.page().get(), request, ends);
                loop.post(() -> pageMade(made));
            }
        }

        private void pageMade(Response made) {
            if (awaited == this) {
                sendOrClose(made);
                takeTurnAgain();
            }
        }

        void withdraw() {
            later.worker().withdraw(this);
        }
    }

    private void refuse(int status, @Nullable String reason) {
        String text = status + " " + Response.reason(status) + ": " + reason + "\n";
        sendOrClose(Response.plain(Page.text(status, text), null, true));
    }

    private void sendOrClose(Response answer) {
        try {
            send(answer);
        } catch (IOException e) {
            close();
        }
    }

    private void send(Response answer) throws IOException {
        awaited = null;
        response = answer;
        state = State.WRITING;
        int size = answer.bytes().remaining();
        within(limits.toWrite(size));
        loop.connections().unsent(this, size);
        write();
    }

    private void write() throws IOException {
        ByteBuffer bytes = response.bytes();
        ByteBuffer piece = bytes.slice(bytes.position(), Math.min(bytes.remaining(), MOST_AT_ONCE));
        int written = channel.write(piece);
        bytes.position(bytes.position() + written);
        if (written > 0) {
            loop.connections().unsent(this, -written);
            loop.connections().touch(this);
        }
        if (bytes.hasRemaining()) {
            key.interestOps(SelectionKey.OP_WRITE);
            return;
        }
        key.interestOps(SelectionKey.OP_READ);
        if (response.ends()) {
            channel.shutdownOutput();
            state = State.LINGERING;
            within(HttpLimits.LINGER);
        } else {
            state = State.READING;
            within(limits.idle());
        }
        response = new Response(NOTHING, false);
    }

    private void drop(ByteBuffer buffer) throws IOException {
        buffer.clear();
        if (channel.read(buffer) < 0) {
            close();
        }
    }

    private void within(Duration time) {
        deadline = System.nanoTime() + time.toNanos();
    }

    /** Ends what takes too long; a client that has begun a request gets to know why. */
    void expire(long now) {
        if (now - deadline <= 0) {
            return;
        }
        PageTask task = awaited;
        if (task != null) {
            task.withdraw();
            sendOrClose(Response.plain(Page.busy("the page takes too long"), null, true));
        } else if (state == State.READING && !parser.isEmpty()) {
            refuse(408, "the request is not complete in time");
        } else {
            close();
        }
    }

    private void reset() throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        close();
    }

    void close() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        awaited = null;
        loop.connections().unsent(this, -response.bytes().remaining());
        loop.connections().remove(this);
        try {
            channel.close();
        } catch (IOException e) {
            // nothing is lost: the connection is of no use any more
        }
    }
}
