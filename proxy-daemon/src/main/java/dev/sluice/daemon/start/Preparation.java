// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.Settings.DetectLocalMode;
import dev.sluice.daemon.health.ApiHealth;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.metrics.MetricsPage;
import dev.sluice.kubernetes.EventSink;
import dev.sluice.kubernetes.api.ApiObserver;
import dev.sluice.linux.host.LinuxHost;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the host and connects to the source of the cluster's state, side by side, then sets kernel parameters, finds
 * the node and opens the mode, in kube-proxy's order.
 */
public final class Preparation {
    private static final Logger LOG = LoggerFactory.getLogger(Preparation.class);
    private static final Duration NODE_PATIENCE = Duration.ofSeconds(30);
    private static final Duration POD_CIDR_PATIENCE = Duration.ofMinutes(5);

    private final Settings settings;
    private final LinuxHost host;
    private final List<ProxyModule> modules;
    private final OpenResources resources;
    private final HealthState health;
    private final Pages pages;

    /** Pages that can be served from when the cluster's source is open, before anything is known from it. */
    @FunctionalInterface
    public interface Pages {
        void listen(MetricsPage metrics, EventSink events) throws ConfigException;
    }

    /**
     * A preparation that has not run.
     *
     * @param modules of every mode
     * @param resources receives what is opened
     * @param health is told what is waited for
     */
    public Preparation(
            Settings settings,
            LinuxHost host,
            List<ProxyModule> modules,
            OpenResources resources,
            HealthState health,
            Pages pages) {
        this.settings = settings;
        this.host = host;
        this.modules = List.copyOf(modules);
        this.resources = resources;
        this.health = health;
        this.pages = pages;
    }

    /**
     * Writes no rule.
     *
     * @throws ConfigException when something cannot work as it is configured
     * @throws HostException when the host lacks or refuses something
     */
    public Prepared run() throws ConfigException, HostException, InterruptedException {
        Privileges.require();
        String nodeName = NodeName.of(settings.hostnameOverride());
        ProxyModule module = settings.module();
        MetricsPage metrics = new MetricsPage(module.tellsFullFromPartial(), InstantSource.system());
        metrics.build(Version.text(), Version.KUBERNETES, settings.featureGates());
        host.onRefusedRestore(metrics.refusals());
        HostCheck check = HostCheck.begin(module, new FamilySupport(host.sysctl(), module::problem));
        ModeInUse mode = resources.keep(new ModeInUse(module, host));
        ApiHealth api = new ApiHealth(InstantSource.system());
        health.add(api);
        ApiObserver observer = ApiObserver.all(metrics.api(), api);
        ClusterConnection cluster =
                resources.keep(ClusterConnection.open(settings, nodeName, module, observer, metrics));
        health.snapshot(cluster::snapshotInUse);
        health.waitsFor("Node " + nodeName + " from " + cluster.description());
        pages.listen(metrics, cluster.events());
        NodeGate gate = new NodeGate();
        cluster.source().start(gate);
        Map<IpFamily, String> problems = check.await();
        OomScore.set(settings.oomScoreAdj());
        ConntrackSysctls.of(host.sysctl()).apply(settings.conntrack());
        Optional<NodeObject> node = awaitNode(gate, nodeName);
        node.ifPresent(health::node);
        health.waitsFor("");
        BackendConfigs found = new BackendConfigs(settings, node);
        Set<IpFamily> families = FamilySupport.served(found.primaryFamily(), problems);
        new SanityChecks(settings, found.primaryFamily(), families, node)
                .check()
                .forEach(LOG::warn);
        List<BackendConfig> configs = found.of(families);
        Set<String> serviceLinks =
                modules.stream().flatMap(any -> any.serviceLinks().stream()).collect(Collectors.toUnmodifiableSet());
        mode.open(configs, serviceLinks, metrics.conntrack());
        return new Prepared(nodeName, metrics, mode, cluster, gate, node, families, configs, serviceLinks);
    }

    private Optional<NodeObject> awaitNode(NodeGate gate, String nodeName)
            throws InterruptedException, ConfigException {
        boolean needsPodCidrs = settings.detectLocal().mode() == DetectLocalMode.NODE_CIDR;
        Optional<NodeObject> node = needsPodCidrs
                ? gate.await(n -> !n.podCidrs().isEmpty(), POD_CIDR_PATIENCE)
                : gate.await(n -> !n.internalIps().isEmpty() || !n.externalIps().isEmpty(), NODE_PATIENCE);
        if (needsPodCidrs && node.filter(n -> !n.podCidrs().isEmpty()).isEmpty()) {
            throw new ConfigException(List.of("Node " + nodeName + " has no spec.podCIDRs after "
                    + POD_CIDR_PATIENCE.toMinutes()
                    + " minutes, which --detect-local-mode=NodeCIDR needs: is the cluster's IPAM running?"));
        }
        if (node.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("node", nodeName)
                    .log(
                            "there is no Node {}; going on without its zone and addresses (is --hostname-override"
                                    + " right?)",
                            nodeName);
        }
        return node;
    }
}
