// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSetReplies.Named;
import dev.sluice.linux.ipset.IpSetReplies.Versions;
import dev.sluice.linux.netlink.BatchReply;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@link IpSets} over nfnetlink. */
public final class NetlinkIpSets implements IpSets {
    private final NetlinkSocket socket;
    private final IpSetRequests requests;

    private NetlinkIpSets(NetlinkSocket socket, IpSetRequests requests) {
        this.socket = socket;
        this.requests = requests;
    }

    /**
     * Opens the sets of the calling thread's network namespace.
     *
     * @throws NetlinkException also when this kernel has no ipset, or speaks only unknown versions of its protocol
     */
    public static NetlinkIpSets open() throws NetlinkException {
        NetlinkSocket socket = NetlinkSocket.open(Netlink.NETFILTER, IpSetProtocol.SUBSYSTEM);
        try {
            return new NetlinkIpSets(socket, new IpSetRequests(negotiate(socket)));
        } catch (NetlinkException e) {
            socket.close();
            throw e;
        }
    }

    private static int negotiate(NetlinkSocket socket) throws NetlinkException {
        NetlinkRequest request = IpSetRequests.versions();
        String operation = request.operation().toString();
        List<Versions> answers;
        try {
            answers = socket.query(request, IpSetReplies::versions).values();
        } catch (NetlinkException e) {
            throw e.errno() == Errno.EINVAL
                    ? NetlinkException.remarked(operation, Errno.EOPNOTSUPP, "no ipset here; try: modprobe ip_set")
                    : e;
        }
        Versions kernel = answers.isEmpty() ? new Versions(0, 0) : answers.getFirst();
        int version = Math.min(IpSetProtocol.NEWEST, kernel.newest());
        if (version < IpSetProtocol.OLDEST || version < kernel.oldest()) {
            throw NetlinkException.remarked(
                    operation,
                    Errno.EPROTONOSUPPORT,
                    "the kernel speaks versions " + kernel.oldest() + " to " + kernel.newest() + ", known here are "
                            + IpSetProtocol.OLDEST + " and " + IpSetProtocol.NEWEST);
        }
        return version;
    }

    @Override
    public void create(IpSet set) throws NetlinkException {
        try {
            socket.request(requests.create(set, revision(set)));
        } catch (NetlinkException e) {
            if (!e.alreadyExists() || !exists(set)) {
                throw IpSetErrors.explain(e, set);
            }
        }
    }

    @Override
    public SetsCreated createAll(Collection<IpSet> sets) throws NetlinkException {
        List<IpSet> inOrder = List.copyOf(sets);
        Map<IpSet.Type, Integer> revisions = new EnumMap<>(IpSet.Type.class);
        List<NetlinkRequest> creations = new ArrayList<>();
        for (IpSet set : inOrder) {
            Integer known = revisions.get(set.type());
            int revision = known == null ? askRevision(set) : known;
            revisions.put(set.type(), revision);
            creations.add(requests.create(set, revision));
        }
        BatchReply reply = socket.batch(creations);
        Map<String, NetlinkException> refused = new HashMap<>();
        reply.refusals().forEach(refusal -> {
            IpSet set = inOrder.get(refusal.index());
            refused.put(set.name(), IpSetErrors.explain(refusal.error(), set));
        });
        return new SetsCreated(refused, reply.messages(), reply.bytes());
    }

    private int askRevision(IpSet set) throws NetlinkException {
        try {
            return revision(set);
        } catch (NetlinkException e) {
            throw IpSetErrors.explain(e, set);
        }
    }

    @Override
    public void swap(String name, String other) throws NetlinkException {
        try {
            socket.request(requests.swap(name, other));
        } catch (NetlinkException e) {
            throw IpSetErrors.explain(e, IpSet.of(name, IpSet.Type.HASH_IP, IpFamily.IPV4));
        }
    }

    private int revision(IpSet set) throws NetlinkException {
        List<Integer> answer =
                socket.query(requests.revision(set), IpSetReplies::revision).values();
        return answer.isEmpty() ? 0 : answer.getFirst();
    }

    /** Whether the set of that name has the type and family of {@code set}. */
    private boolean exists(IpSet set) throws NetlinkException {
        List<Boolean> answer = socket.query(requests.header(set), message -> IpSetReplies.isLike(message, set))
                .values();
        return answer.equals(List.of(true));
    }

    @Override
    public Set<String> names() throws NetlinkException {
        return new LinkedHashSet<>(socket.dump(requests.names(), IpSetReplies::name));
    }

    @Override
    public Map<String, SetHeader> headers() throws NetlinkException {
        Map<String, SetHeader> byName = new HashMap<>();
        for (Named named : socket.dump(requests.headers(), IpSetReplies::header)) {
            byName.put(named.name(), named.header());
        }
        return byName;
    }

    @Override
    public Map<SetEntry, Integer> listTimes(IpSet set) throws NetlinkException {
        try {
            Map<SetEntry, Integer> all = new LinkedHashMap<>();
            socket.dump(requests.list(set), message -> IpSetReplies.elements(message, set))
                    .forEach(all::putAll);
            return all;
        } catch (NetlinkException e) {
            throw IpSetErrors.explain(e, set);
        }
    }

    @Override
    public SetResult apply(List<SetChange> changes) throws NetlinkException {
        BatchReply reply = socket.batch(changes.stream().map(requests::change).toList());
        List<Failure> failures = reply.refusals().stream()
                .map(refusal -> failure(changes.get(refusal.index()), refusal.error()))
                .toList();
        return new SetResult(failures, reply.messages(), reply.bytes());
    }

    private static Failure failure(SetChange change, NetlinkException refusal) {
        return new Failure(change, IpSetErrors.explain(refusal, change.set()));
    }

    @Override
    public void destroy(String name) throws NetlinkException {
        try {
            socket.request(requests.destroy(name));
        } catch (NetlinkException e) {
            throw IpSetErrors.explain(e, IpSet.of(name, IpSet.Type.HASH_IP, IpFamily.IPV4));
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
