// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.api.TlsIdentity;
import java.util.List;

/** Credentials that the other side does not take any more, until their files are replaced. */
final class TlsFaults {
    private TlsFaults() {}

    static List<FaultGroup> all() {
        return List.of(
                FaultGroup.of(
                        SiteSetup.TLS,
                        new FaultRow(
                                "TLS: the server no longer takes the client certificate", TlsFaults::clientRefused)),
                FaultGroup.of(
                        SiteSetup.TLS,
                        new FaultRow("TLS: the server has another certificate authority", TlsFaults::serverUnknown)),
                FaultGroup.of(
                        SiteSetup.HTTP2,
                        new FaultRow("HTTP/2: packets to and from the API server are dropped", TlsFaults::dropped)));
    }

    private static void clientRefused(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> restart(site, site.tls().second()));
        IpAddress late = site.putLate();
        run.noticed(
                Sign.log("TLS fails"),
                Sign.unwatched("services"),
                Sign.metric("sluice_client_certificate_expiry_seconds", "set", value -> value > 0));
        run.underTraffic();
        run.alive();
        run.end(() -> site.tls().use(site.tls().second()));
        run.recovered(late);
    }

    private static void serverUnknown(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> {
            site.tls().newServer();
            restart(site, site.tls().first());
        });
        IpAddress late = site.putLate();
        run.noticed(Sign.log("TLS fails"), Sign.log("check the certificate authority"), Sign.unwatched("services"));
        run.underTraffic();
        run.end(() -> site.tls().use(site.tls().first()));
        run.recovered(late);
    }

    private static void dropped(FaultSite site, FaultRun run) throws Exception {
        if (site.http2().connections() == 0) {
            throw new AssertionError("HTTP/2 was not agreed on");
        }
        run.begin(() -> site.dropPackets(true));
        IpAddress late = site.putLate();
        run.noticed(
                Sign.log("it has been silent for"), Sign.log("does not answer a probe"), Sign.unwatched("services"));
        run.underTraffic();
        run.end(() -> site.dropPackets(false));
        run.recovered(late);
    }

    /** Restarts the API server, which trusts that client from now on. */
    private static void restart(FaultSite site, TlsIdentity client) {
        site.api.stop();
        site.relay.reset();
        site.lab.otherNode().call(() -> {
            site.api.listen(site.tls().serverFor(client));
            return true;
        });
    }
}
