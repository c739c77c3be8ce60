// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

/** The reason why a connection was reset, or a datagram dropped, before it reached an endpoint. */
public enum RefusalReason {
    /** Readiness, policy and weights leave no endpoint. */
    NO_ENDPOINT("no-endpoint"),
    /** Every connect attempt has failed or timed out. */
    CONNECT_FAILED("connect-failed"),
    /** The service port has as many connections open on this node as its annotation allows. */
    CONNECTION_LIMIT("connection-limit"),
    /** The process has no descriptor or memory left for a socket. */
    NO_SOCKET("no-socket"),
    /** Every port of the client's address is in use for connections to the endpoint. */
    NO_SOURCE_PORT("no-source-port"),
    /**
     * Connections seem to go round between this node and an endpoint that is a portal, or a datagram has no hop left.
     */
    LOOP("loop");

    private final String label;

    RefusalReason(String label) {
        this.label = label;
    }

    /** The value of the metrics' label. */
    public String label() {
        return label;
    }
}
