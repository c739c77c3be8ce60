// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Speaks HTTP/2 over TLS for an API server that speaks HTTP/1.1. It passes reads on, and accepts every write without
 * doing it. Its threads and sockets belong to the network namespace of the thread that made it.
 */
public final class Http2Front implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final AtomicInteger connections = new AtomicInteger();
    private final Channel listener;
    private final String server;

    /** @param server the API server's URL without a slash at its end */
    public Http2Front(InetAddress address, TlsIdentity identity, String server) throws IOException {
        this.server = server;
        SslContext tls = SslContextBuilder.forServer(identity.key(), identity.certificate())
                .sslProvider(SslProvider.JDK)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2))
                .build();
        listener = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(tls.newHandler(channel.alloc()), new Negotiation());
                    }
                })
                .bind(new InetSocketAddress(address, 0))
                .syncUninterruptibly()
                .channel();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** The connections so far on which HTTP/2 was agreed. */
    public int connections() {
        return connections.get();
    }

    @Override
    public void close() {
        var _ = loops.shutdownGracefully();
    }

    private final class Negotiation extends ApplicationProtocolNegotiationHandler {
        Negotiation() {
            super("none");
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext context, String protocol) {
            if (!protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                var _ = context.close();
                return;
            }
            connections.incrementAndGet();
            context.pipeline()
                    .addLast(
                            Http2FrameCodecBuilder.forServer().build(),
                            new Http2MultiplexHandler(new ChannelInitializer<>() {
                                @Override
                                protected void initChannel(Channel stream) {
                                    stream.pipeline().addLast(new Request());
                                }
                            }));
        }
    }

    private final class Request extends SimpleChannelInboundHandler<Http2StreamFrame> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
            if (frame instanceof Http2HeadersFrame head) {
                Http2Headers headers = head.headers();
                String method = headers.method().toString();
                String path = headers.path().toString();
                Channel stream = context.channel();
                Thread.ofPlatform().daemon().name("http2-front").start(() -> answer(stream, method, path));
            }
        }
    }

    private void answer(Channel stream, String method, String path) {
        if (!method.equals("GET")) {
            head(stream, 201);
            body(stream, "{}".getBytes(StandardCharsets.US_ASCII), true);
            return;
        }
        try {
            HttpURLConnection upstream =
                    (HttpURLConnection) URI.create(server + path).toURL().openConnection();
            head(stream, upstream.getResponseCode());
            InputStream in = upstream.getResponseCode() < 400 ? upstream.getInputStream() : upstream.getErrorStream();
            byte[] buffer = new byte[1 << 14];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                body(stream, Arrays.copyOf(buffer, count), false);
            }
            body(stream, new byte[0], true);
        } catch (IOException e) {
            var _ = stream.close();
        }
    }

    private static void head(Channel stream, int status) {
        var _ = stream.writeAndFlush(new DefaultHttp2HeadersFrame(
                new DefaultHttp2Headers().status(Integer.toString(status)).set("content-type", "application/json")));
    }

    private static void body(Channel stream, byte[] bytes, boolean last) {
        var _ = stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes), last));
    }
}
