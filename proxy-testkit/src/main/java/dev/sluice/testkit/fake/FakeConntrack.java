// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.ConntrackEntry;
import dev.sluice.linux.conntrack.ConntrackEntry.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The conntrack table in memory. An original direction exists once in a zone, each entry has its own id, and an entry
 * is deleted by its original direction, its zone and, where given, its id.
 */
public final class FakeConntrack implements Conntrack {
    private final List<ConntrackEntry> flows = new ArrayList<>();
    private int lastId = 1000;
    private int dumps;
    private int failures;
    private int refusals;

    /**
     * Adds an entry for a connection of a client to {@code asked} that is answered by {@code reached}, both
     * {@code address:port}.
     */
    public ConntrackEntry add(Protocol protocol, String client, String asked, String reached) {
        return add(protocol, client, asked, reached, 0);
    }

    /** Adds an entry as the other method does, in {@code zone}. */
    public ConntrackEntry add(Protocol protocol, String client, String asked, String reached, int zone) {
        IpAddress from = address(client);
        Tuple original = new Tuple(from, port(client), address(asked), port(asked));
        Tuple reply = new Tuple(address(reached), port(reached), from, port(client));
        ConntrackEntry flow = new ConntrackEntry(from.family(), protocol, original, reply, 0, zone, ++lastId);
        if (flows.stream().anyMatch(other -> sameKey(other, flow))) {
            throw new IllegalArgumentException("there is a flow " + original + " in zone " + zone);
        }
        flows.add(flow);
        return flow;
    }

    /** The entries of the table. */
    public List<ConntrackEntry> flows() {
        return List.copyOf(flows);
    }

    /** How often the table was read. */
    public int dumps() {
        return dumps;
    }

    /** Makes the next {@code count} dumps fail. */
    public void failNextDumps(int count) {
        failures = count;
    }

    /** Makes the next {@code count} deletions fail. */
    public void refuseNextDeletions(int count) {
        refusals = count;
    }

    @Override
    public List<ConntrackEntry> list(IpFamily family, Protocol protocol, Filter asked) throws NetlinkException {
        dumps++;
        if (failures > 0) {
            failures--;
            throw new NetlinkException("conntrack list " + family + " " + protocol, Errno.ENOBUFS, "");
        }
        return flows.stream()
                .filter(flow ->
                        flow.family() == family && flow.protocol() == protocol && asked.matches(flow.original()))
                .toList();
    }

    @Override
    public Deletion delete(List<ConntrackEntry> unwanted) {
        List<ConntrackEntry> deleted = new ArrayList<>();
        List<NetlinkException> refused = new ArrayList<>();
        for (ConntrackEntry flow : unwanted) {
            Optional<ConntrackEntry> present = flows.stream()
                    .filter(other -> sameKey(other, flow) && (flow.id() == 0 || flow.id() == other.id()))
                    .findFirst();
            if (present.isPresent() && refusals > 0) {
                refusals--;
                refused.add(new NetlinkException(flow.toString(), Errno.EBUSY, ""));
            } else if (present.isPresent()) {
                flows.remove(present.get());
                deleted.add(flow);
            }
        }
        return new Deletion(deleted, refused);
    }

    private static boolean sameKey(ConntrackEntry one, ConntrackEntry other) {
        return one.protocol() == other.protocol()
                && one.zone() == other.zone()
                && one.original().equals(other.original());
    }

    private static IpAddress address(String end) {
        String address = end.substring(0, end.lastIndexOf(':'));
        return IpAddress.of(address.replace("[", "").replace("]", ""));
    }

    private static int port(String end) {
        return Integer.parseInt(end.substring(end.lastIndexOf(':') + 1));
    }

    @Override
    public void close() {}
}
