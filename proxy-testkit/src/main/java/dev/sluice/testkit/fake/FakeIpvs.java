// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditVirtualServer;
import dev.sluice.linux.ipvs.IpvsInfo;
import dev.sluice.linux.ipvs.IpvsStats;
import dev.sluice.linux.ipvs.IpvsTimeouts;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.ipvs.VirtualServerState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The IPVS tables in memory. It refuses what the kernel refuses (net/netfilter/ipvs/ip_vs_ctl.c of 6.x): duplicates,
 * unknown virtual servers, real servers and schedulers, negative weights, and mixed families. It counts the commands it
 * receives.
 */
public final class FakeIpvs implements Ipvs {
    private static final Set<String> SCHEDULERS =
            Set.of("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", "fo", "ovf", "mh", "twos");

    private final Map<VirtualServerKey, Server> servers = new LinkedHashMap<>();
    private final List<IpvsCommand> log = new ArrayList<>();
    private ToIntFunction<IpvsCommand> extraRefusal = command -> 0;
    private Runnable onListing = () -> {};
    private Predicate<VirtualServerKey> leftOut = key -> false;
    private @Nullable NetlinkException broken;
    private IpvsTimeouts timeouts = new IpvsTimeouts(900, 120, 300);
    private long messages;
    private long bytes;
    private long dumps;

    private static final class Server {
        private VirtualServer settings;
        private IpvsStats carried = IpvsStats.ZERO;
        private final Map<SocketAddress, RealServerState> destinations = new LinkedHashMap<>();

        private Server(VirtualServer settings) {
            this.settings = settings;
        }
    }

    /** Makes a command fail when {@code errno} returns other than 0 for it. */
    public void refuse(ToIntFunction<IpvsCommand> errno) {
        extraRefusal = errno;
    }

    /** Makes every call fail, as a missing family or a broken socket does; null repairs it. */
    public void breakWith(@Nullable NetlinkException error) {
        broken = error;
    }

    /**
     * Leaves virtual servers out of the list of all real servers, as the kernel does when other namespaces have some.
     */
    public void leaveOut(Predicate<VirtualServerKey> which) {
        leftOut = which;
    }

    /** Runs {@code meanwhile} while all real servers are listed. */
    public void onListing(Runnable meanwhile) {
        onListing = meanwhile;
    }

    /** Sets a real server's connection counts, as traffic would. */
    public void connections(VirtualServerKey service, SocketAddress destination, long active, long inactive) {
        Server server = servers.get(service);
        RealServerState old = server == null ? null : server.destinations.get(destination);
        if (server == null || old == null) {
            throw new IllegalArgumentException("no destination " + destination + " at " + service);
        }
        server.destinations.put(
                destination, new RealServerState(old.server(), old.forwarding(), active, inactive, 0, IpvsStats.ZERO));
    }

    /** Sets a virtual server's counters, as traffic would. They begin at 0 with each virtual server. */
    public void carried(VirtualServerKey service, IpvsStats stats) {
        Server server = servers.get(service);
        if (server == null) {
            throw new IllegalArgumentException("no virtual server " + service);
        }
        server.carried = stats;
    }

    /** The commands, accepted or refused, since the last {@link #resetCounters}, in order. */
    public List<IpvsCommand> log() {
        return List.copyOf(log);
    }

    /** The number of commands since the last {@link #resetCounters}. */
    public long messages() {
        return messages;
    }

    /** The number of listings since the last {@link #resetCounters}. */
    public long dumps() {
        return dumps;
    }

    public void resetCounters() {
        log.clear();
        messages = 0;
        bytes = 0;
        dumps = 0;
    }

    @Override
    public List<VirtualServerState> virtualServers() throws NetlinkException {
        checkSocket();
        dumps++;
        return servers.values().stream()
                .map(s -> new VirtualServerState(s.settings, s.carried))
                .toList();
    }

    @Override
    public List<RealServerState> realServers(VirtualServerKey service) throws NetlinkException {
        checkSocket();
        dumps++;
        Server server = servers.get(service);
        return server == null ? List.of() : List.copyOf(server.destinations.values());
    }

    @Override
    public Map<VirtualServerKey, List<RealServerState>> realServers(IpFamily family) throws NetlinkException {
        checkSocket();
        dumps++;
        onListing.run();
        Map<VirtualServerKey, List<RealServerState>> all = new LinkedHashMap<>();
        servers.forEach((key, server) -> {
            if (key.family() == family && !leftOut.test(key)) {
                all.put(
                        key,
                        server.destinations.values().stream()
                                .map(FakeIpvs::listed)
                                .toList());
            }
        });
        return all;
    }

    /** The state as the kernel lists it. */
    private static RealServerState listed(RealServerState d) {
        RealServer server = new RealServer(
                d.server().address(), d.server().port(), d.server().weight());
        return new RealServerState(
                server, d.forwarding(), d.activeConnections(), d.inactiveConnections(), 0, IpvsStats.ZERO);
    }

    @Override
    public BatchResult apply(List<IpvsCommand> commands) throws NetlinkException {
        checkSocket();
        List<Failure> failures = new ArrayList<>();
        long bytesBefore = bytes;
        for (IpvsCommand command : commands) {
            log.add(command);
            messages++;
            bytes += IpvsMessageSize.of(command);
            int injected = extraRefusal.applyAsInt(command);
            int errno = injected != 0 ? injected : carryOut(command);
            if (errno != 0) {
                failures.add(new Failure(command, new NetlinkException("IPVS " + command, errno, "")));
            }
        }
        return new BatchResult(failures, commands.size(), bytes - bytesBefore);
    }

    private int carryOut(IpvsCommand command) {
        if (command instanceof AddVirtualServer c) {
            return newService(c.server());
        }
        Server server = servers.get(command.virtualServer());
        if (server == null) {
            return Errno.ESRCH;
        }
        return switch (command) {
            case AddVirtualServer c -> throw new IllegalStateException("handled above: " + c);
            case EditVirtualServer c -> set(server, c.server());
            case DeleteVirtualServer c -> {
                servers.remove(c.virtualServer());
                yield 0;
            }
            case AddRealServer c -> newDestination(server, c);
            case EditRealServer c -> setDestination(server, c.server());
            case DeleteRealServer c ->
                server.destinations.remove(c.server().socketAddress()) == null ? Errno.ENOENT : 0;
        };
    }

    private int newService(VirtualServer settings) {
        if (servers.containsKey(settings.key())) {
            return Errno.EEXIST;
        }
        int errno = checkScheduler(settings);
        if (errno == 0) {
            servers.put(settings.key(), new Server(settings));
        }
        return errno;
    }

    private static int set(Server server, VirtualServer settings) {
        int errno = checkScheduler(settings);
        if (errno == 0) {
            server.settings = settings;
        }
        return errno;
    }

    private static int checkScheduler(VirtualServer settings) {
        if (settings.scheduler().length() > 15) {
            return Errno.ERANGE;
        }
        return SCHEDULERS.contains(settings.scheduler()) ? 0 : Errno.ENOENT;
    }

    private static int newDestination(Server server, AddRealServer command) {
        RealServer destination = command.server();
        if (destination.address().family() != command.virtualServer().family()) {
            return Errno.EINVAL;
        }
        if (destination.weight() < 0) {
            return Errno.ERANGE;
        }
        if (server.destinations.containsKey(destination.socketAddress())) {
            return Errno.EEXIST;
        }
        server.destinations.put(
                destination.socketAddress(), new RealServerState(destination, 0, 0, 0, 0, IpvsStats.ZERO));
        return 0;
    }

    private static int setDestination(Server server, RealServer destination) {
        if (destination.weight() < 0) {
            return Errno.ERANGE;
        }
        RealServerState old = server.destinations.get(destination.socketAddress());
        if (old == null) {
            return Errno.ENOENT;
        }
        server.destinations.put(
                destination.socketAddress(),
                new RealServerState(
                        destination,
                        old.forwarding(),
                        old.activeConnections(),
                        old.inactiveConnections(),
                        old.persistentConnections(),
                        old.stats()));
        return 0;
    }

    @Override
    public IpvsTimeouts timeouts() throws NetlinkException {
        checkSocket();
        return timeouts;
    }

    @Override
    public void setTimeouts(IpvsTimeouts wanted) throws NetlinkException {
        checkSocket();
        timeouts = new IpvsTimeouts(
                wanted.tcp() == 0 ? timeouts.tcp() : wanted.tcp(),
                wanted.tcpFin() == 0 ? timeouts.tcpFin() : wanted.tcpFin(),
                wanted.udp() == 0 ? timeouts.udp() : wanted.udp());
    }

    @Override
    public IpvsInfo info() throws NetlinkException {
        checkSocket();
        return new IpvsInfo(0x010201, 4096);
    }

    /** Deletes every virtual server, as {@code ipvsadm -C} does. */
    public void flush() throws NetlinkException {
        checkSocket();
        servers.clear();
    }

    @Override
    public void close() {}

    private void checkSocket() throws NetlinkException {
        if (broken != null) {
            throw broken;
        }
    }
}
