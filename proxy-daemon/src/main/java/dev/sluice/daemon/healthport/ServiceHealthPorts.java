// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.daemon.healthport.PortOwners.Loser;
import dev.sluice.daemon.healthport.SocketPlan.Socket;
import dev.sluice.daemon.http.Answer;
import dev.sluice.daemon.http.HttpLimits;
import dev.sluice.daemon.http.HttpLoop;
import dev.sluice.kubernetes.EventSink;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The health check node ports of Services, the same in every mode: a load balancer asks them whether this node has a
 * ready endpoint. A port is opened and closed after the sync that adds or removes its Service's rules. One that cannot
 * be opened is retried every few seconds and does not affect others. The observer's methods run on the sync thread and
 * only post; all else happens on the thread of the loop.
 */
public final class ServiceHealthPorts implements SyncObserver, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceHealthPorts.class);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final SocketPlan binding;
    private final Supplier<Collection<IpAddress>> ownAddresses;
    private final BooleanSupplier proxyHealthy;
    private final EventSink events;
    private final HttpLoop loop;
    private final PortOwners book = new PortOwners();
    private final Map<Integer, Opened> open = new TreeMap<>();
    private final Map<Integer, List<Loser>> losersTold = new HashMap<>();
    private long lastTry = System.nanoTime();

    /** The present state of a port; {@code failure} is empty when all of its sockets listen. */
    private record Opened(List<Socket> wanted, Map<Socket, ServerSocketChannel> servers, String failure) {
        static final Opened NOTHING = new Opened(List.of(), Map.of(), "");
    }

    /**
     * No port is open yet.
     *
     * @param allowed for each family that is served, the node's addresses to listen on
     * @param ownAddresses the node's present addresses
     * @param proxyHealthy whether the rules follow the cluster; asked at each request
     */
    public ServiceHealthPorts(
            Map<IpFamily, NodePortAddresses> allowed,
            Supplier<Collection<IpAddress>> ownAddresses,
            BooleanSupplier proxyHealthy,
            EventSink events)
            throws IOException {
        this.binding = new SocketPlan(allowed);
        this.ownAddresses = ownAddresses;
        this.proxyHealthy = proxyHealthy;
        this.events = events;
        this.loop = new HttpLoop("sluice-health-ports", HttpLimits.MANY_PORTS, this::retry);
        loop.start();
    }

    @Override
    public void succeeded(Success success) {
        boolean addressesMayDiffer = success.full() && binding.isRestricted();
        if (!success.readiness().isEmpty()) {
            loop.post(() -> {
                Set<Integer> touched = book.update(success.family(), success.readiness());
                reconcile(addressesMayDiffer ? book.ports() : Set.of(), touched);
            });
        }
    }

    /** @param moved ports whose addresses may have changed; {@code touched}: ports whose Services may have */
    private void reconcile(Set<Integer> moved, Set<Integer> touched) {
        Set<Integer> ports = new TreeSet<>(moved);
        ports.addAll(touched);
        Collection<IpAddress> own = binding.isRestricted() && !ports.isEmpty() ? ownAddresses.get() : List.of();
        for (int port : ports) {
            if (book.has(port)) {
                List<Socket> sockets = binding.sockets(book.families(port), own);
                if (!open.containsKey(port) || !open.get(port).wanted().equals(sockets)) {
                    reopen(port, sockets);
                }
            } else {
                closeIfOpen(port);
            }
        }
        touched.forEach(this::tellLosers);
    }

    private void retry() {
        if (System.nanoTime() - lastTry < RETRY.toNanos()) {
            return;
        }
        lastTry = System.nanoTime();
        Map.copyOf(open).forEach((port, opened) -> {
            if (!opened.failure().isEmpty()) {
                reopen(port, opened.wanted());
            }
        });
    }

    /** Closes the stale sockets of {@code port}, and opens those that are missing. */
    private void reopen(int port, List<Socket> wanted) {
        Opened before = open.getOrDefault(port, Opened.NOTHING);
        Map<Socket, ServerSocketChannel> servers = new HashMap<>(before.servers());
        servers.entrySet().removeIf(e -> {
            boolean unwanted = !wanted.contains(e.getKey());
            if (unwanted) {
                loop.close(e.getValue());
            }
            return unwanted;
        });
        StringJoiner failures = new StringJoiner("; ");
        for (Socket socket : wanted) {
            if (!servers.containsKey(socket)) {
                String failure = listen(port, socket, servers);
                if (!failure.isEmpty()) {
                    failures.add(failure);
                    binding.standIn(socket, book.families(port)).ifPresent(other -> listen(port, other, servers));
                }
            }
        }
        open.put(port, new Opened(wanted, servers, failures.toString()));
        report(port, before.failure(), failures.toString());
    }

    private void report(int port, String before, String now) {
        if (now.isEmpty() && !before.isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("port", port)
                    .addKeyValue("service", book.owner(port))
                    .log("the health check node port listens now");
        } else if (!now.isEmpty() && !now.equals(before)) {
            tell(
                    book.owner(port),
                    "health check node port " + now + "; tried again every " + RETRY.toSeconds() + " seconds");
        }
    }

    /** Returns why it failed, empty when it listens. */
    private String listen(int port, Socket socket, Map<Socket, ServerSocketChannel> servers) {
        try {
            servers.put(
                    socket, loop.listen(socket.family(), socket.on(port), request -> answer(port, request.local())));
            return "";
        } catch (IOException e) {
            return port + " cannot listen on " + socket.address() + ": " + e.getMessage();
        }
    }

    private void closeIfOpen(int port) {
        Opened opened = open.remove(port);
        if (opened != null) {
            opened.servers().values().forEach(loop::close);
        }
    }

    private Answer answer(int port, InetAddress local) {
        IpAddress address = IpAddress.of(local);
        LocalReadiness readiness = book.readiness(port, address.family());
        return readiness == null || !binding.allows(address)
                ? new Answer.Reset()
                : new Answer.Now(
                        new ReadinessAnswer(book.owner(port), readiness.endpoints(), proxyHealthy.getAsBoolean())
                                .page());
    }

    private void tellLosers(int port) {
        List<Loser> losers = book.losers(port);
        List<Loser> told = losers.isEmpty() ? losersTold.remove(port) : losersTold.put(port, losers);
        losers.stream()
                .filter(loser -> told == null || !told.contains(loser))
                .forEach(loser -> tell(
                        loser.service(),
                        "health check node port " + loser.port() + " is Service " + loser.owner()
                                + "'s already; give one of the two another one"));
    }

    private void tell(ServiceName service, String failure) {
        LOG.atWarn().addKeyValue("service", service).log("Service {}: {}", service, failure);
        events.service(service, EventSink.Type.WARNING, "FailedToStartServiceHealthcheck", "Listen", failure);
    }

    /** Closes every port. */
    @Override
    public void close() {
        loop.close();
    }
}
