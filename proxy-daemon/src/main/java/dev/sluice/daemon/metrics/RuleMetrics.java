package dev.sluice.daemon.metrics;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.nfacct.NamedCounters;
import dev.sluice.linux.nfacct.NamedCounters.Count;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What iptables rules have counted, under kube-proxy's names, read from the kernel at each scrape. A counter that the kernel does
 * not have shows no value. They outlive the process, so they do not begin at 0.
 */
final class RuleMetrics {
    private static final Logger log = LoggerFactory.getLogger(RuleMetrics.class);

    private RuleMetrics() {}

    static void register(PrometheusRegistry registry, NamedCounters counters) {
        register(
                registry,
                counters,
                "kubeproxy_iptables_ct_state_invalid_dropped_packets_total",
                "Packets that conntrack calls invalid, dropped on the way through the node",
                "ct_state_invalid_dropped_pkts");
        register(
                registry,
                counters,
                "kubeproxy_iptables_localhost_nodeports_accepted_packets_total",
                "First packets of connections to node ports on 127.0.0.1",
                "localhost_nps_accepted_pkts");
    }

    private static void register(
            PrometheusRegistry registry, NamedCounters counters, String metric, String help, String counter) {
        CounterWithCallback.builder()
                .name(metric)
                .help(help)
                .callback(point -> read(counters, counter).ifPresent(count -> point.call((double) count.packets())))
                .register(registry);
    }

    private static Optional<Count> read(NamedCounters counters, String name) {
        try {
            return counters.supported() ? counters.read(name) : Optional.empty();
        } catch (NetlinkException e) {
            log.warn("the page has no value for the counter {}: {}", name, e.getMessage());
            return Optional.empty();
        }
    }
}
