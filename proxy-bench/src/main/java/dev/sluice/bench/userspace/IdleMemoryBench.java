// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.bench.MarkdownTable;
import dev.sluice.bench.ProcessMemory;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.socket.ResourceLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * Measures what idle connections cost in memory through userspace mode, haproxy and nginx: each connection is answered
 * once and then held open. Argument: how many; fewer where this machine's limit of open files does not allow as many.
 */
public final class IdleMemoryBench {
    private static final int PROXY_PROCESSOR = 0;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** The daemon gives TCP connections a quarter of its open files for each event loop; others have more. */
    private static final int FILES_EACH = 5;

    private final MarkdownTable table = new MarkdownTable(
            "idle connections",
            "| open | resident, MiB before | with them | bytes each | anonymous, MiB before | with them | bytes each");
    private final int count;

    private IdleMemoryBench(int count) {
        this.count = count;
    }

    public static void main(String[] arguments) throws IOException, NetlinkException {
        if (arguments.length != 1) {
            System.err.println("usage: IdleMemoryBench CONNECTIONS");
            System.exit(2);
            return;
        }
        int wanted = Integer.parseInt(arguments[0]);
        long files = ResourceLimits.raiseOpenFiles((long) wanted * FILES_EACH);
        IdleMemoryBench bench = new IdleMemoryBench((int) Math.min(wanted, files / FILES_EACH));
        try (RelayLab lab = new RelayLab(PROXY_PROCESSOR, "");
                RelayPeers peers = new RelayPeers(lab.node(), RelayLab.endpoint(), lab.folder(), PROXY_PROCESSOR)) {
            int port = LoadServer.REQUESTS;
            bench.measure(new RelayPath("Sluice", lab, lab.daemon().pid(), true, RelayLab::service), port);
            bench.measure(peer("haproxy", lab, peers.haproxy(), RelayPeers.HAPROXY), port);
            bench.measure(peer("nginx stream", lab, peers.nginx(), RelayPeers.NGINX), port);
        }
        bench.table.print(System.out);
    }

    private static RelayPath peer(String name, RelayLab lab, long pid, int peer) {
        return new RelayPath(name, lab, pid, true, to -> RelayPeers.address(peer, to));
    }

    private void measure(RelayPath path, int port) throws IOException {
        RelayLab lab = path.lab();
        ProcessMemory before = ProcessMemory.of(path.pid());
        List<SocketChannel> open = new ArrayList<>(count);
        try {
            for (int i = 0; i < count; i++) {
                open.add(lab.connect(path.address().apply(port)));
            }
            if (lab.server().open() != count) {
                throw new IllegalStateException(
                        path.name() + ": " + lab.server().open() + " are open");
            }
            ProcessMemory after = ProcessMemory.settled(path.pid());
            table.row(
                    "%s | %d | %.1f | %.1f | %.0f | %.1f | %.1f | %.0f",
                    path.name(),
                    count,
                    before.resident(),
                    after.resident(),
                    each(before.resident(), after.resident()),
                    before.anonymous(),
                    after.anonymous(),
                    each(before.anonymous(), after.anonymous()));
        } finally {
            for (SocketChannel channel : open) {
                channel.close();
            }
        }
        Awaitility.await("the connections end")
                .atMost(PATIENCE)
                .until(() -> lab.server().open() == 0);
    }

    private double each(double before, double after) {
        return (after - before) * (1 << 20) / count;
    }

    /** Has {@code channel} answered once. */
    static void ask(SocketChannel channel) throws IOException {
        channel.write(ByteBuffer.allocate(LoadServer.REQUEST));
        ByteBuffer answer = ByteBuffer.allocate(LoadServer.RESPONSE);
        while (answer.hasRemaining()) {
            if (channel.read(answer) < 0) {
                throw new IOException("the connection ended after " + answer.position() + " bytes of an answer");
            }
        }
    }
}
