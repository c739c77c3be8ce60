package dev.sluice.userspace.engine;

/** What the engine has carried since it started; every figure but the active ones only grows. */
public interface EngineCounters {

    /** TCP connections accepted from clients. */
    long connectionsAccepted();

    /** TCP connections whose client is still there. */
    long connectionsActive();

    /** Accepted connections that were reset because no endpoint took them, or because they led to no Service. */
    long connectionsRefused();

    /** Connect attempts after the first of a connection. */
    long connectRetries();

    /** TCP connections whose bytes came to be moved inside the kernel. */
    long connectionsSpliced();

    /** UDP flows (a client address and port at one service port) opened. */
    long flowsOpened();

    long flowsActive();

    /** Datagrams dropped: no endpoint, too many flows, or a full socket buffer. */
    long datagramsDropped();

    /** Bytes given to endpoints, TCP and UDP. */
    long bytesToEndpoints();

    /** Bytes given to clients, TCP and UDP. */
    long bytesToClients();

    /** How long endpoints took to take TCP connections. */
    ConnectTimes connectTimes();
}
