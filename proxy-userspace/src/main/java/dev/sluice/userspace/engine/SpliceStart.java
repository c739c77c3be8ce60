package dev.sluice.userspace.engine;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import java.util.function.Supplier;

/**
 * The way of two connections from Netty to a {@link SplicedRelay}: reading stops, what waits to be written goes out, both leave
 * Netty's part of the event loop. When one of them ends on the way, it ends as it would have without.
 */
final class SpliceStart {
    private SpliceStart() {}

    static void begin(LoopContext context, TcpRelay relay, RelaySide client, RelaySide endpoint) {
        client.hold();
        endpoint.hold();
        after(
                () -> flushed(client),
                () -> after(
                        () -> flushed(endpoint),
                        () -> after(
                                () -> client.channel().deregister(),
                                () -> after(() -> endpoint.channel().deregister(), () -> {
                                    if (client.isOpen() && endpoint.isOpen()) {
                                        new SplicedRelay(context, client, endpoint).start();
                                    } else {
                                        relay.abort();
                                    }
                                }))));
    }

    private static ChannelFuture flushed(RelaySide side) {
        return side.channel().writeAndFlush(Unpooled.EMPTY_BUFFER);
    }

    private static void after(Supplier<ChannelFuture> step, Runnable next) {
        step.get().addListener(done -> {
            if (done.isSuccess()) {
                next.run();
            }
        });
    }
}
