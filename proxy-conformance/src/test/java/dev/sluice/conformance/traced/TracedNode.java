// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.traced;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncBatch;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.track.ChangeTracker;
import dev.sluice.daemon.ProxyAssembly;
import dev.sluice.daemon.cli.CommandLineParser;
import dev.sluice.daemon.cli.Invocation;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.KubeProxyFields;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.SettingsReader;
import dev.sluice.daemon.start.BackendConfigs;
import dev.sluice.kubernetes.manifest.ManifestText;
import dev.sluice.testkit.daemon.Explained;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.lab.LabAddresses;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The lab's node-a in one mode on a host of fakes: manifests go in, traces come out, and no packet is sent. */
final class TracedNode implements AutoCloseable {
    private static final Set<IpFamily> FAMILIES = EnumSet.allOf(IpFamily.class);
    private final ManifestText manifests = new ManifestText(LabAddresses.NODE_A, this::accept);
    private final String node;
    private final ChangeTracker tracker;
    private final ProxyModule module;
    private final Map<IpFamily, ProxyBackend> backends = new EnumMap<>(IpFamily.class);
    private @Nullable NodeObject nodeObject;

    /** Starts as the daemon does, and makes the first sync. */
    TracedNode(ProxyMode mode, DaemonSetup setup) throws ConfigException, HostException, SyncException {
        FakeHost host = FakeHost.withNode(addresses().toArray(IpAddress[]::new));
        Settings settings = settings(mode, setup, ProxyAssembly.modules(host));
        ChangeTracker fresh = new ChangeTracker(LabAddresses.NODE_A, FAMILIES, InstantSource.system());
        tracker = settings.featureGates().externalIps() ? fresh : fresh.withoutExternalIps();
        module = settings.module();
        if (module.bindsAddresses()) {
            tracker.withAddressOwners();
        }
        node = setup.nodeManifest();
        manifests.replace(node);
        try {
            open(new BackendConfigs(settings, Optional.ofNullable(nodeObject)).of(FAMILIES));
            for (ProxyBackend backend : backends.values()) {
                backend.sync(tracker.take(backend.family()).snapshot(), Changes.all());
            }
        } catch (HostException | SyncException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private static Settings settings(ProxyMode mode, DaemonSetup setup, List<ProxyModule> modules)
            throws ConfigException {
        ConfigSchema schema =
                KubeProxyFields.with(modules.stream().map(ProxyModule::config).toList());
        List<String> flags = new ArrayList<>(setup.flags());
        flags.add("--proxy-mode=" + mode.flagValue());
        flags.add("--hostname-override=" + LabAddresses.NODE_A);
        Invocation call = new CommandLineParser(schema).parse(flags.toArray(String[]::new));
        return SettingsReader.read(call.values(), call.overrides(), modules);
    }

    private void open(List<BackendConfig> configs) throws HostException {
        module.requireHost();
        module.open(configs).forEach(backend -> backends.put(backend.family(), backend));
        module.prepare();
    }

    /** The addresses of the node. */
    static List<IpAddress> addresses() {
        return FAMILIES.stream()
                .flatMap(family -> LabAddresses.allOfNode(family).stream())
                .toList();
    }

    /** From now on the objects are exactly those of {@code yaml}, and in force. */
    void objects(String yaml) throws SyncException {
        manifests.replace(node + yaml);
        for (ProxyBackend backend : backends.values()) {
            SyncBatch batch = tracker.take(backend.family());
            backend.sync(batch.snapshot(), batch.changes());
        }
    }

    private void accept(ClusterEvent event) {
        switch (event) {
            case ClusterEvent.ServiceUpdated e -> tracker.update(e.service());
            case ClusterEvent.ServiceDeleted e -> tracker.deleteService(e.name());
            case ClusterEvent.EndpointSliceUpdated e -> tracker.update(e.slice());
            case ClusterEvent.EndpointSliceDeleted e -> tracker.deleteEndpointSlice(e.namespace(), e.name());
            case ClusterEvent.NodeUpdated e -> {
                nodeObject = e.node();
                tracker.update(e.node());
            }
            case ClusterEvent.NodeDeleted e -> {}
            case ClusterEvent.PeerAddresses e -> tracker.updatePeer(e.node(), e.addresses());
            case ClusterEvent.ServiceRanges e -> tracker.updateServiceRanges(e.name(), e.cidrs());
            case ClusterEvent.Listed e when e.kind() == ResourceKind.PEER -> tracker.peersListed();
            case ClusterEvent.Listed e -> {}
            case ClusterEvent.SourceProblems e -> {}
        }
    }

    /** What the mode says of a call of {@code probe} to that destination. */
    Explained explain(Probe probe, int sourcePort, IpAddress to, int port) {
        boolean node = probe.from().equals(LabAddresses.NODE_A);
        Packet packet = new Packet(
                probe.protocol(),
                node ? chosenFor(to) : LabAddresses.of(probe.from(), to.family()),
                sourcePort,
                to,
                port,
                node ? Origin.NODE : Origin.ARRIVING,
                LabAddresses.interfaceTo(probe.from()));
        Trace trace = Objects.requireNonNull(backends.get(to.family())).explain(packet);
        String service = trace.service() == null ? "" : trace.service().toString();
        return new Explained(service, trace.verdict(), trace.candidates(), trace.steps());
    }

    /** The source that the node's kernel gives to what the node sends. */
    private static IpAddress chosenFor(IpAddress to) {
        IpAddress second = LabAddresses.secondOfNode(to.family());
        if (to.isLoopback() || to.equals(second)) {
            return to;
        }
        return to.equals(LabAddresses.of(LabAddresses.CLIENT, to.family()))
                ? second
                : LabAddresses.of(LabAddresses.NODE_A, to.family());
    }

    @Override
    public void close() {
        backends.values().forEach(ProxyBackend::close);
        module.close();
    }
}
