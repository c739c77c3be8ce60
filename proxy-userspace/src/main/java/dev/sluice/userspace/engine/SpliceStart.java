package dev.sluice.userspace.engine;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;

/**
 * The way of two connections from Netty to a {@link SplicedRelay}: reading from the one that sends much stops, what it has sent goes
 * out, and both leave Netty's part of the event loop. The other direction goes on until then: if it stopped too, an endpoint that writes
 * before it reads on would wait for this proxy, and this proxy for it.
 *
 * <p>When a connection ends on the way, or something waits in the other direction, all goes on by way of buffers.
 */
final class SpliceStart {
    private SpliceStart() {}

    /** @param source the side that much has come from */
    static void begin(LoopContext context, TcpRelay relay, RelaySide client, RelaySide endpoint, RelaySide source) {
        RelaySide target = source == client ? endpoint : client;
        source.hold();
        target.channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> {
            if (!flushed.isSuccess() || source.inputEnded() || !target.isPlain() || !isWritten(source)) {
                source.goOn();
                return;
            }
            target.hold();
            client.channel()
                    .deregister()
                    .addListener(left -> endpoint.channel().deregister().addListener(alsoLeft -> {
                        if (left.isSuccess() && alsoLeft.isSuccess() && client.isOpen() && endpoint.isOpen()) {
                            new SplicedRelay(context, client, endpoint).start();
                        } else {
                            relay.abort();
                            // one that was closed on the way has lost its handlers before it could tell
                            relay.closed(client);
                        }
                    }));
        });
    }

    /** Whether all that was to be written to {@code side} is with the kernel. */
    private static boolean isWritten(RelaySide side) {
        ChannelOutboundBuffer waiting = side.channel().unsafe().outboundBuffer();
        return waiting != null && waiting.totalPendingWriteBytes() == 0;
    }
}
