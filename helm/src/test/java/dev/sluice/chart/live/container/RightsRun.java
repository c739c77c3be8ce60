// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.container.NodePod;
import dev.sluice.testkit.container.PodContainer;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Leaves out each right of the rendered main container in turn, on a node where nothing has run before. */
final class RightsRun {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String LOCK = "/run/xtables.lock";
    private final PodSite site;

    RightsRun(PodSite site) {
        this.site = site;
    }

    /** @param rows receives one for each right: what was left out, and what the daemon then did */
    void run(Consumer<String> rows) throws IOException {
        site.initialize();
        for (String capability : site.mode().capabilities()) {
            rows.accept(row(
                    capability,
                    main -> main.with(main.rights().without(capability)),
                    capability,
                    capability.equals("CAP_NET_RAW") && site.mode() == PodMode.IPTABLES_NFT));
        }
        rows.accept(row("mount of " + LOCK, main -> main.without(LOCK), LOCK, site.mode() != PodMode.IPTABLES_LEGACY));
    }

    private String row(String leftOut, UnaryOperator<PodContainer> change, String named, boolean works)
            throws IOException {
        try (NodePod pod = site.startMain(change)) {
            if (works) {
                pod.awaitReady(PATIENCE);
                String said = says(pod, named);
                return leftOut + " | ready" + (said.isEmpty() ? "" : ": " + said);
            }
            Attempts.until(PATIENCE, "without " + leftOut + " the Pod is not ready and names " + named, () -> {
                boolean ended = !pod.daemon().isAlive();
                boolean fails = !says(pod, named).isEmpty() && (ended || isUnready(pod, named));
                return new Observation(fails, pod.daemon().logText());
            });
            boolean ended = !pod.daemon().isAlive();
            int code = ended ? pod.daemon().awaitEnd(PATIENCE) : 0;
            assertThat(ended ? code : 1).as("exit code").isNotZero();
            return leftOut + " | " + (ended ? "exits with " + code : "not ready") + ": " + says(pod, named);
        }
    }

    /** Whether the health page says so, and that it is for want of what is missing, not of time. */
    private static boolean isUnready(NodePod pod, String named) throws IOException {
        HttpPage page = pod.daemon().healthz();
        return page.status() == 503 && page.body().contains(named);
    }

    /** The first line of the log that names what is missing; empty when none does. */
    private static String says(NodePod pod, String named) {
        return pod.daemon()
                .logText()
                .lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).contains(named.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElse("");
    }

    /** The kernel's view of a running Pod is what the chart says. */
    static void expectRendered(PodMode mode, NodePod pod) throws IOException {
        Set<String> given = pod.rights().capabilities();
        assertThat(given).as("capabilities in the chart").containsExactlyInAnyOrderElementsOf(mode.capabilities());
        assertThat(pod.capabilities()).as("capabilities of the process").isEqualTo(given);
        assertThat(pod.processStatus("NoNewPrivs")).as("no new privileges").isEqualTo("1");
        String seccomp = pod.processStatus("Seccomp"); // absent where the kernel has no filters
        assertThat(pod.rights().seccomp() && (seccomp.isEmpty() || seccomp.equals("2")))
                .as("seccomp filter in force: '%s'", seccomp)
                .isTrue();
        assertThat(pod.rights().readOnlyRoot()).as("read-only root").isTrue();
    }
}
