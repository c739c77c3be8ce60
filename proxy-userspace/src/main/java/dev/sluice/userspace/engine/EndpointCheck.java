// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.config.GoDuration;
import dev.sluice.core.net.IpFamily;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.HealthCheck;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.ProxyProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One health check of one endpoint: a connection, and where the Service requests it an HTTP request, of whose answer
 * only the first line is read. Runs on one event loop, and reports one result.
 */
final class EndpointCheck extends ChannelInboundHandlerAdapter {
    /** The longest beginning of an answer that is looked at: {@code HTTP/1.1 200}. */
    private static final int STATUS = "HTTP/1.1 200".length();

    private final HealthCheck check;
    private final byte[] request;
    private final Result result;
    private final StringBuilder answer = new StringBuilder(STATUS);
    private @Nullable EpollSocketChannel channel;
    private @Nullable Future<?> timer;
    private boolean ended;

    /** Takes the result of a check. */
    interface Result {
        void passed();

        /** @param cause what is wrong with the endpoint */
        void failed(String cause);

        /** The check could not be made, for a reason of this process; says nothing about the endpoint. */
        void notMade(String cause);
    }

    private EndpointCheck(HealthCheck check, byte[] request, Result result) {
        this.check = check;
        this.request = request;
        this.result = result;
    }

    /**
     * Begins a check.
     *
     * @param mark of its packets, so that they meet no rule that redirects
     */
    static void begin(
            EventLoop loop, int mark, PortBalancer balancer, Upstream upstream, HealthCheck check, Result result) {
        EndpointCheck made = new EndpointCheck(check, request(balancer, upstream, check), result);
        try {
            made.connect(loop, mark, upstream);
        } catch (ChannelException e) {
            // out of descriptors or memory
            made.end(() -> result.notMade("no socket: " + e.getMessage()));
        }
    }

    private static byte[] request(PortBalancer balancer, Upstream upstream, HealthCheck check) {
        if (check.path() == null) {
            return new byte[0];
        }
        byte[] http = ("GET " + check.path() + " HTTP/1.1\r\nHost: " + upstream.key()
                        + "\r\nUser-Agent: sluice-health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ProxyProtocol protocol = balancer.policy().proxyProtocol();
        byte[] header = protocol == null ? new byte[0] : protocol.localHeader();
        return Unpooled.copiedBuffer(header, http).array();
    }

    private void connect(EventLoop loop, int mark, Upstream upstream) {
        EpollSocketChannel opened = new EpollSocketChannel(
                upstream.address().family() == IpFamily.IPV4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6);
        channel = opened;
        SocketMark.set(opened, mark);
        opened.config().setConnectTimeoutMillis(0); // the time-out is that of the whole check
        opened.pipeline().addLast(this);
        var _ = loop.register(opened);
        timer = loop.schedule(this::timeOut, check.timeout().toMillis(), TimeUnit.MILLISECONDS);
        SupervisedLoops.after(opened.connect(upstream.socketAddress()), () -> fail("internal error"), done -> {
            if (!done.isSuccess()) {
                fail(reason(done.cause()));
            } else if (request.length == 0) {
                end(result::passed);
            } else {
                var _ = opened.writeAndFlush(Unpooled.wrappedBuffer(request), opened.voidPromise());
            }
        });
    }

    /** Netty's messages name the call and both addresses. */
    private static String reason(Throwable cause) {
        String text = String.valueOf(cause.getMessage());
        if (text.contains("refused")) {
            return "connection refused";
        }
        return text.contains("unreachable") || text.contains("No route to host") ? "host unreachable" : text;
    }

    private void timeOut() {
        boolean connected = channel != null && channel.isActive();
        fail((connected ? "no answer within " : "not connected within ") + GoDuration.format(check.timeout()));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf data = (ByteBuf) message;
        try {
            while (data.isReadable() && answer.length() < STATUS) {
                answer.append((char) (data.readByte() & 0x7f));
            }
        } finally {
            data.release();
        }
        if (answer.length() == STATUS) {
            judge(answer.toString());
        }
    }

    private void judge(String line) {
        if (!line.matches("HTTP/1\\.[01] [1-9][0-9]{2}")) {
            fail("the answer is not HTTP/1");
            return;
        }
        int status = Integer.parseInt(line.substring(line.length() - 3));
        // as the kubelet's probes
        if (status >= 200 && status < 400) {
            end(result::passed);
        } else {
            fail("HTTP status " + status);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        fail("closed without an answer");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        SupervisedLoops.caught(cause);
        fail(reason(cause));
    }

    private void fail(String cause) {
        end(() -> result.failed(cause));
    }

    private void end(Runnable report) {
        if (ended) {
            return;
        }
        ended = true;
        if (timer != null) {
            timer.cancel(false);
        }
        if (channel != null) {
            var _ = channel.close();
        }
        report.run();
    }
}
