// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.SupervisedCallback;
import dev.sluice.kubernetes.api.reflector.ApiFailure;
import dev.sluice.kubernetes.api.reflector.ApiTransport.SilenceListener;
import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer as a stream for one reader, which asks the server for more only when it has read what arrived.
 */
final class BodyStream extends InputStream implements AsyncBody.Consumer<List<ByteBuffer>> {
    /** A listener that waits for the silence of other streams too must not come a whole silence late. */
    private static final int CALLS_PER_PATIENCE = 6;

    private final Duration patience;
    private final SilenceListener listener;
    private final Runnable onBytes;
    private final BlockingQueue<Part> parts = new LinkedBlockingQueue<>();
    private volatile @Nullable AsyncBody body;
    private volatile long lastHeard = System.nanoTime();
    private ByteBuffer current = ByteBuffer.allocate(0);
    private boolean requested;
    private boolean ended;

    private sealed interface Part {
        record Bytes(List<ByteBuffer> buffers) implements Part {}

        /** @param failure null when all has arrived */
        record End(@Nullable Throwable failure) implements Part {}
    }

    /**
     * @param patience the silence after which {@code listener} is called, and again after each sixth of that time
     * @param onBytes called when bytes arrive
     */
    BodyStream(Duration patience, SilenceListener listener, Runnable onBytes) {
        this.patience = patience;
        this.listener = listener;
        this.onBytes = onBytes;
    }

    /** The head of the answer has arrived. */
    void begin(AsyncBody of) {
        lastHeard = System.nanoTime();
        body = of;
        SupervisedCallback.when(of.done(), (nothing, failure) -> parts.add(new Part.End(failure)));
    }

    @Override
    public void consume(List<ByteBuffer> buffers, AsyncBody of) {
        lastHeard = System.nanoTime();
        try {
            onBytes.run();
            parts.add(new Part.Bytes(buffers));
        } catch (Throwable e) { // the HTTP client would keep it, and the reader wait for ever
            ProcessEnd.ifFatal(e);
            parts.add(new Part.End(e));
        }
    }

    /** Makes the reader fail. */
    void fail(ApiFailure failure) {
        parts.add(new Part.End(failure));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        while (!current.hasRemaining()) {
            if (ended || !advance()) {
                return -1;
            }
        }
        int size = Math.min(length, current.remaining());
        current.get(into, offset, size);
        return size;
    }

    private boolean advance() throws IOException {
        return switch (next()) {
            case Part.Bytes(List<ByteBuffer> buffers) -> {
                requested = false;
                current = joined(buffers);
                yield true;
            }
            case Part.End(Throwable failure) -> {
                ended = true;
                if (failure == null) {
                    yield false;
                }
                throw failure instanceof ApiFailure known
                        ? known
                        : ApiFailure.of(ApiFailure.Kind.CUT, "it broke off: " + Causes.root(failure), failure);
            }
        };
    }

    private Part next() throws IOException {
        Part part = parts.poll();
        try {
            if (part == null && !requested) {
                requested = true;
                Objects.requireNonNull(body, "no head yet").consume();
            }
            long wait = patience.toNanos();
            while (part == null) {
                part = parts.poll(wait, TimeUnit.NANOSECONDS);
                if (part == null) {
                    wait = patience.toNanos() / CALLS_PER_PATIENCE;
                    listener.silentFor(Duration.ofNanos(System.nanoTime() - lastHeard));
                }
            }
            return part;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the reader was stopped");
        }
    }

    private static ByteBuffer joined(List<ByteBuffer> buffers) {
        if (buffers.size() == 1) {
            return buffers.getFirst();
        }
        ByteBuffer all = ByteBuffer.allocate(
                buffers.stream().mapToInt(ByteBuffer::remaining).sum());
        buffers.forEach(all::put);
        return all.flip();
    }

    @Override
    public void close() {
        AsyncBody of = body;
        if (!ended && of != null) {
            ended = true;
            of.cancel();
        }
    }
}
