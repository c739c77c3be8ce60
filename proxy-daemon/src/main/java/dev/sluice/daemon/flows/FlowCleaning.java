package dev.sluice.daemon.flows;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.Conntrack.Flow;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mode of the kernel, and after each of its syncs the UDP flows that the change left behind.
 *
 * <p>A UDP flow has no end that the kernel could see, so connection tracking goes on sending a busy client's datagrams where
 * it sent the first one: to an endpoint that is gone, or nowhere because the Service had no endpoint then. Once the new rules
 * are in force, such flows are deleted, and the next datagram is sent anew. Flows to endpoints that still answer are never
 * touched, nor those of TCP and SCTP. Other than kube-proxy, flows of a Service without any endpoint are deleted too, and
 * node ports only count on addresses of this node.
 *
 * <p>The table is read only after a change of a UDP service port.
 */
public final class FlowCleaning implements ProxyBackend {
    private static final Logger log = LoggerFactory.getLogger(FlowCleaning.class);

    private final ProxyBackend mode;
    private final Conntrack conntrack;
    private final Links links;
    private final Listener listener;
    private final Map<ServicePortName, ResolvedPort> known = new HashMap<>();

    /** Hears of each cleaning. */
    public interface Listener {
        void cleaned(IpFamily family, int deleted, Duration took);
    }

    /** Closes {@code mode}, {@code conntrack} and {@code links} with itself. */
    public FlowCleaning(ProxyBackend mode, Conntrack conntrack, Links links, Listener listener) {
        this.mode = mode;
        this.conntrack = conntrack;
        this.links = links;
        this.listener = listener;
    }

    @Override
    public ProxyMode mode() {
        return mode.mode();
    }

    @Override
    public IpFamily family() {
        return mode.family();
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException {
        SyncReport report = mode.sync(desired, since);
        Set<ServicePortName> changed = udpPorts(desired, since);
        if (!changed.isEmpty()) {
            try {
                clean(desired, changed);
            } catch (NetlinkException e) {
                log.warn(
                        "{}: UDP flows to endpoints that are gone may linger until they time out: {}",
                        family(),
                        e.getMessage());
            }
        }
        return report;
    }

    @Override
    public SyncReport mend(ProxySnapshot applied, Suspects suspects) throws SyncException {
        return mode.mend(applied, suspects);
    }

    @Override
    public boolean keepsRulesIn(String table, String chain) {
        return mode.keepsRulesIn(table, chain);
    }

    private Set<ServicePortName> udpPorts(ProxySnapshot desired, Changes since) {
        if (!since.everything()) {
            return since.ports().stream()
                    .filter(name -> name.protocol() == Protocol.UDP)
                    .collect(Collectors.toSet());
        }
        Set<ServicePortName> all = new HashSet<>(known.keySet());
        desired.ports().stream()
                .map(ResolvedPort::name)
                .filter(name -> name.protocol() == Protocol.UDP)
                .forEach(all::add);
        // a full sync that finds nothing new is no reason to read the table
        all.removeIf(name -> Objects.equals(known.get(name), desired.port(name)));
        return all;
    }

    private void clean(ProxySnapshot desired, Set<ServicePortName> changed) throws NetlinkException {
        long start = System.nanoTime();
        UdpPortals portals = new UdpPortals();
        for (ServicePortName name : changed) {
            ResolvedPort now = desired.port(name);
            if (now != null) {
                portals.inForce(now);
            }
        }
        for (ServicePortName name : changed) {
            ResolvedPort now = desired.port(name);
            ResolvedPort before = now == null ? known.remove(name) : known.put(name, now);
            if (before != null) {
                portals.was(before);
            }
        }
        Set<IpAddress> own = portals.hasNodePorts() ? nodeAddresses() : Set.of();
        List<Flow> stale = conntrack.list(family(), Protocol.UDP).stream()
                .filter(flow -> portals.isStale(flow, own))
                .toList();
        int deleted = stale.isEmpty() ? 0 : conntrack.delete(stale);
        if (deleted > 0) {
            log.info("{}: {} UDP flows to endpoints that are gone were deleted", family(), deleted);
        }
        listener.cleaned(family(), deleted, Duration.ofNanos(System.nanoTime() - start));
    }

    private Set<IpAddress> nodeAddresses() throws NetlinkException {
        return links.addresses().stream().map(LinkAddress::address).collect(Collectors.toSet());
    }

    @Override
    public Trace explain(Packet packet) {
        return mode.explain(packet);
    }

    @Override
    public void cleanUp() throws SyncException {
        mode.cleanUp();
    }

    @Override
    public void close() {
        mode.close();
        conntrack.close();
        links.close();
    }
}
