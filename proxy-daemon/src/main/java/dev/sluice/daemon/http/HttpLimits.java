// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.time.Duration;

/**
 * What a server grants its clients.
 *
 * @param connections open at once; one more closes the one that has been idle longest
 * @param headBytes of the request line and the headers, and of the trailers
 * @param bodyBytes of a request
 * @param unsentBytes of all answers together that clients have not read yet
 * @param head from the connection or a request's first byte to the end of its headers
 * @param body from there to the end of its body
 * @param idle between two requests
 * @param page until a page that is made by a worker is there
 * @param write for a client to read an answer; a second for each MiB comes on top
 * @param keepsAlive whether a connection may carry more than one request
 */
public record HttpLimits(
        int connections,
        int headBytes,
        int bodyBytes,
        long unsentBytes,
        Duration head,
        Duration body,
        Duration idle,
        Duration page,
        Duration write,
        boolean keepsAlive) {
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    /** For a few pages, some of them megabytes long. */
    static final HttpLimits PAGES = new HttpLimits(
            128,
            16 << 10,
            64 << 10,
            32 << 20,
            TEN_SECONDS,
            TEN_SECONDS,
            Duration.ofMinutes(2),
            Duration.ofSeconds(40),
            TEN_SECONDS,
            true);

    /** For thousands of ports with short answers: load balancers would keep a connection to each of them. */
    public static final HttpLimits MANY_PORTS = new HttpLimits(
            2000, 8 << 10, 64 << 10, 8 << 20, TEN_SECONDS, TEN_SECONDS, TEN_SECONDS, TEN_SECONDS, TEN_SECONDS, false);

    /** For a client to close the connection once it has its answer. */
    static final Duration LINGER = Duration.ofSeconds(2);

    Duration toWrite(int bytes) {
        return write.plusSeconds(bytes >> 20);
    }
}
