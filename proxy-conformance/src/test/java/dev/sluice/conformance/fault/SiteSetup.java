// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.inject.ClockShift;
import dev.sluice.testkit.inject.ThreadFaults;

/** How a {@link FaultSite} is built. */
record SiteSetup(ProxyMode mode, Transport transport, Inject inject) {
    static final SiteSetup PLAIN = new SiteSetup(ProxyMode.IPTABLES, Transport.HTTP, Inject.NOTHING);
    static final SiteSetup TLS = new SiteSetup(ProxyMode.IPTABLES, Transport.TLS, Inject.NOTHING);
    static final SiteSetup HTTP2 = new SiteSetup(ProxyMode.IPTABLES, Transport.HTTP2, Inject.NOTHING);
    static final SiteSetup CLOCK = new SiteSetup(ProxyMode.IPTABLES, Transport.HTTP, Inject.CLOCK);
    static final SiteSetup THREADS = new SiteSetup(ProxyMode.IPTABLES, Transport.HTTP, Inject.THREADS);

    static final SiteSetup MANIFESTS = new SiteSetup(ProxyMode.IPTABLES, Transport.NONE, Inject.THREADS);

    /** What the API server speaks. */
    enum Transport {
        /** The objects are files; there is no API server. */
        NONE,
        HTTP,
        /** HTTP/1.1, and the client must show a certificate. */
        TLS,
        /** HTTP/2 over TLS. */
        HTTP2
    }

    /** A daemon as it is, one with a {@link ClockShift}, or one with {@link ThreadFaults}. */
    enum Inject {
        NOTHING,
        CLOCK,
        THREADS
    }

    SiteSetup in(ProxyMode other) {
        return new SiteSetup(other, transport, inject);
    }
}
