// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;

/**
 * Moves two connections from Netty to a {@link SplicedRelay}: stops reading from the source of the bulk transfer,
 * flushes what it has sent, and deregisters both channels. The other direction continues until then: were it stopped
 * too, an endpoint that writes before it reads on would wait for this proxy, and this proxy for it.
 *
 * <p>When a connection ends meanwhile, or bytes wait in the other direction, the relay continues with buffers.
 */
final class SpliceStart {
    private SpliceStart() {}

    /** @param source the side that sends the bulk transfer */
    static void begin(LoopContext context, TcpRelay relay, RelaySide client, RelaySide endpoint, RelaySide source) {
        RelaySide target = source == client ? endpoint : client;
        source.hold();
        SupervisedLoops.after(target.channel().writeAndFlush(Unpooled.EMPTY_BUFFER), relay::abort, flushed -> {
            if (!flushed.isSuccess() || source.inputEnded() || !target.isBuffered() || !isWritten(source)) {
                source.resume();
                return;
            }
            target.hold();
            SupervisedLoops.after(client.channel().deregister(), relay::abort, left -> {
                SupervisedLoops.after(endpoint.channel().deregister(), relay::abort, alsoLeft -> {
                    if (left.isSuccess() && alsoLeft.isSuccess() && client.isOpen() && endpoint.isOpen()) {
                        new SplicedRelay(context, client, endpoint).start();
                    } else {
                        relay.abort();
                        // a client that was closed meanwhile has lost its handlers, so none has reported it
                        relay.closed(client);
                    }
                });
            });
        });
    }

    /** Whether the kernel has everything that was written to {@code side}. */
    private static boolean isWritten(RelaySide side) {
        ChannelOutboundBuffer waiting = side.channel().unsafe().outboundBuffer();
        return waiting != null && waiting.totalPendingWriteBytes() == 0;
    }
}
