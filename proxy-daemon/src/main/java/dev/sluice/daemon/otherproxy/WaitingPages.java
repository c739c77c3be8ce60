// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import dev.sluice.daemon.health.HealthProblem;
import dev.sluice.daemon.health.ProblemCause;
import dev.sluice.daemon.http.JsonText;
import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.PageServer;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The health server of a process that waits for another proxy to end: alive, and not ready. */
final class WaitingPages implements AutoCloseable {
    /** The key that names what it waits for. */
    static final String KEY = "waitingFor";

    private final Optional<InetSocketAddress> address;
    private @Nullable PageServer server;
    private final Instant since = Instant.now();
    private volatile String obstacle = "";

    /** @param address empty when the health server is switched off */
    WaitingPages(Optional<InetSocketAddress> address) {
        this.address = address;
    }

    /** Says {@code obstacle} from now on; the first call starts the server, or its attempts to listen. */
    void show(String text) {
        obstacle = text;
        if (server == null && address.isPresent()) {
            server = new PageServer("healthz", "healthz-bind-address", address.get())
                    .pages(Map.of("/healthz", _ -> page(false), "/livez", _ -> page(true)));
            var _ = server.start();
        }
    }

    private Page page(boolean healthy) {
        HealthProblem problem = HealthProblem.of(ProblemCause.OTHER_PROXY, "rules", "waiting: " + obstacle, since);
        return Page.json(
                healthy ? 200 : 503,
                "{\"lastUpdated\":\"0001-01-01T00:00:00Z\",\"currentTime\":\"" + HealthProblem.time(Instant.now())
                        + "\",\"healthy\":" + healthy + ",\"" + KEY + "\":" + JsonText.quote(obstacle)
                        + (healthy ? "" : ",\"problems\":[" + problem.json() + "]") + "}");
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
            server = null;
        }
    }
}
