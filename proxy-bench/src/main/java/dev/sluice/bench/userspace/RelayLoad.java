// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.bench.userspace.LoadRun.Score;
import java.net.InetSocketAddress;

/** A kind of load, and the units of its figures. */
enum RelayLoad {
    BULK_1("bulk, 1 connection", "GB/s", "CPU s/GB", LoadServer.SINK),
    BULK_32("bulk, 32 connections", "GB/s", "CPU s/GB", LoadServer.SINK),
    CONNECTIONS("new connections, 32 at a time", "1/s", "CPU us each", LoadServer.REQUESTS),
    REQUESTS_1("requests, 1 kept connection", "1/s", "CPU us each", LoadServer.REQUESTS),
    REQUESTS_64("requests, 64 kept connections", "1/s", "CPU us each", LoadServer.REQUESTS),
    DATAGRAMS("UDP requests, 32 sockets", "1/s", "CPU us each", LoadServer.REQUESTS);

    final String title;
    final String unit;
    final String cost;
    final int port;

    RelayLoad(String title, String unit, String cost, int port) {
        this.title = title;
        this.unit = unit;
        this.cost = cost;
        this.port = port;
    }

    boolean isBulk() {
        return this == BULK_1 || this == BULK_32;
    }

    /** How long the JIT compilers need; a new connection takes much more code than the rest. */
    double warmUpSeconds() {
        return this == CONNECTIONS ? 12 : 3;
    }

    Score run(LoadClient client, InetSocketAddress target, double seconds) {
        return switch (this) {
            case BULK_1 -> client.bulk(target, 1, seconds);
            case BULK_32 -> client.bulk(target, 32, seconds);
            case CONNECTIONS -> client.connections(target, 32, seconds);
            case REQUESTS_1 -> client.requests(target, 1, seconds);
            case REQUESTS_64 -> client.requests(target, 64, seconds);
            case DATAGRAMS -> client.datagrams(target, 32, seconds);
        };
    }
}
