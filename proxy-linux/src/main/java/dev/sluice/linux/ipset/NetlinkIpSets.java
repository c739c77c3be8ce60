package dev.sluice.linux.ipset;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.BatchReply;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * IP sets over nfnetlink. Element requests go without NLM_F_EXCL, which is the tool's {@code -exist}: what is there already,
 * or gone already, is no error. Sets are made with it, because without it the kernel takes a set of another family for
 * the same.
 */
public final class NetlinkIpSets implements IpSets {
    private static final Logger LOG = LoggerFactory.getLogger(NetlinkIpSets.class);
    private static final int HASH_SIZE = 1024;

    private final NetlinkSocket socket;
    private final int version;

    private NetlinkIpSets(NetlinkSocket socket, int version) {
        this.socket = socket;
        this.version = version;
    }

    /**
     * Opens the sets of the calling thread's network namespace.
     *
     * @throws NetlinkException also when this kernel has no ipset, or speaks only unknown versions of its protocol
     */
    public static NetlinkIpSets open() throws NetlinkException {
        NetlinkSocket socket = NetlinkSocket.open(Netlink.NETFILTER, IpSetProtocol.SUBSYSTEM);
        try {
            return new NetlinkIpSets(socket, negotiate(socket));
        } catch (NetlinkException e) {
            socket.close();
            throw e;
        }
    }

    private static int negotiate(NetlinkSocket socket) throws NetlinkException {
        String operation = "IPSET PROTOCOL";
        NetlinkRequest request =
                IpSetProtocol.request(operation, IpSetProtocol.PROTOCOL, 0, IpSetProtocol.NEWEST, out -> {});
        List<Versions> answers;
        try {
            answers = socket.query(request, Versions::read).values();
        } catch (NetlinkException e) {
            throw e.errno() == Errno.EINVAL
                    ? NetlinkException.remarked(operation, Errno.EOPNOTSUPP, "no ipset here; try: modprobe ip_set")
                    : e;
        }
        Versions kernel = answers.isEmpty() ? new Versions(0, 0) : answers.getFirst();
        int version = Math.min(IpSetProtocol.NEWEST, kernel.newest);
        if (version < IpSetProtocol.OLDEST || version < kernel.oldest) {
            throw NetlinkException.remarked(
                    operation,
                    Errno.EPROTONOSUPPORT,
                    "the kernel speaks versions " + kernel.oldest + " to " + kernel.newest + ", known here are "
                            + IpSetProtocol.OLDEST + " and " + IpSetProtocol.NEWEST);
        }
        return version;
    }

    @Override
    public void create(IpSet set) throws NetlinkException {
        int flags = Netlink.F_CREATE | Netlink.F_EXCL;
        try {
            int revision = revision(set);
            socket.request(request("IPSET CREATE " + set.name(), IpSetProtocol.CREATE, flags, out -> {
                out.string(IpSetProtocol.ATTR_SETNAME, set.name())
                        .string(IpSetProtocol.ATTR_TYPENAME, set.type().kernelName())
                        .u8(IpSetProtocol.ATTR_REVISION, revision)
                        .u8(IpSetProtocol.ATTR_FAMILY, family(set))
                        .nested(NetfilterSubsystem.nested(IpSetProtocol.ATTR_DATA), in -> size(in, set));
            }));
        } catch (NetlinkException e) {
            if (!e.alreadyExists() || !isThere(set)) {
                throw IpSetErrors.explain(e, set);
            }
        }
    }

    /** Whether the set of that name has the type and family of {@code set}. */
    private boolean isThere(IpSet set) throws NetlinkException {
        NetlinkRequest request = request(
                "IPSET HEADER " + set.name(),
                IpSetProtocol.HEADER_OF,
                0,
                out -> out.string(IpSetProtocol.ATTR_SETNAME, set.name()));
        List<Boolean> answer = socket.query(request, message -> {
                    AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
                    boolean same = true;
                    while (attributes.next()) {
                        same &= switch (attributes.type()) {
                            case IpSetProtocol.ATTR_TYPENAME ->
                                attributes.string().equals(set.type().kernelName());
                            case IpSetProtocol.ATTR_FAMILY -> attributes.u8() == family(set);
                            default -> true;
                        };
                    }
                    attributes.check(request.operation());
                    return same;
                })
                .values();
        return answer.equals(List.of(true));
    }

    private static void size(MessageWriter out, IpSet set) {
        if (set.type() == IpSet.Type.BITMAP_PORT) {
            out.u16BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_PORT), 0)
                    .u16BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_PORT_TO), 65_535);
        } else {
            out.u32BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_HASHSIZE), HASH_SIZE)
                    .u32BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_MAXELEM), set.maxElements());
        }
    }

    /** The newest revision of the type that the kernel has; asking makes it load the type's module. */
    private int revision(IpSet set) throws NetlinkException {
        String type = set.type().kernelName();
        NetlinkRequest request = request(
                "IPSET TYPE " + type,
                IpSetProtocol.TYPE,
                0,
                out -> out.string(IpSetProtocol.ATTR_TYPENAME, type).u8(IpSetProtocol.ATTR_FAMILY, family(set)));
        List<Integer> answer = socket.query(request, message -> {
                    AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
                    int revision = 0;
                    while (attributes.next()) {
                        revision = attributes.type() == IpSetProtocol.ATTR_REVISION ? attributes.u8() : revision;
                    }
                    attributes.check(request.operation());
                    return revision;
                })
                .values();
        return answer.isEmpty() ? 0 : answer.getFirst();
    }

    private static int family(IpSet set) {
        return set.type() == IpSet.Type.BITMAP_PORT ? 0 : set.family() == IpFamily.IPV4 ? 2 : 10;
    }

    @Override
    public Set<String> names() throws NetlinkException {
        return new LinkedHashSet<>(
                socket.dump(listing("names", IpSetProtocol.FLAG_LIST_SETNAME), NetlinkIpSets::readName));
    }

    @Override
    public Map<String, Long> sizes() throws NetlinkException {
        return SetSizes.of(socket.dump(listing("sizes", IpSetProtocol.FLAG_LIST_HEADER), SetSizes::read));
    }

    private NetlinkRequest listing(String what, int flag) {
        return request(
                "IPSET LIST " + what,
                IpSetProtocol.LIST,
                0,
                out -> out.u32BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.ATTR_FLAGS), flag));
    }

    private static @Nullable String readName(Message message) throws NetlinkException {
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        String name = null;
        while (attributes.next()) {
            name = attributes.type() == IpSetProtocol.ATTR_SETNAME ? attributes.string() : name;
        }
        attributes.check("read the name of a set");
        return name;
    }

    @Override
    public Set<SetEntry> list(IpSet set) throws NetlinkException {
        NetlinkRequest request = request(
                "IPSET LIST " + set.name(),
                IpSetProtocol.LIST,
                0,
                out -> out.string(IpSetProtocol.ATTR_SETNAME, set.name()));
        try {
            Set<SetEntry> all = new LinkedHashSet<>();
            socket.dump(request, message -> readElements(message, set)).forEach(all::addAll);
            return all;
        } catch (NetlinkException e) {
            throw IpSetErrors.explain(e, set);
        }
    }

    private static List<SetEntry> readElements(Message message, IpSet set) throws NetlinkException {
        List<SetEntry> elements = new ArrayList<>();
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        while (attributes.next()) {
            if (attributes.type() == IpSetProtocol.ATTR_ADT) {
                AttributeReader list = attributes.nested();
                while (list.next()) {
                    ElementCodec.read(list, set.type())
                            .ifPresentOrElse(
                                    elements::add,
                                    () -> LOG.debug(
                                            "Set {} has an element that is none of {}",
                                            set.name(),
                                            set.type().kernelName()));
                }
            }
        }
        attributes.check("IPSET LIST " + set.name());
        return elements;
    }

    @Override
    public SetResult apply(List<SetChange> changes) throws NetlinkException {
        List<NetlinkRequest> requests =
                changes.stream().map(this::changeRequest).toList();
        BatchReply reply = socket.batch(requests);
        List<Failure> failures = reply.refusals().stream()
                .map(refusal -> failure(changes.get(refusal.index()), refusal.error()))
                .toList();
        return new SetResult(failures, reply.messages(), reply.bytes());
    }

    private NetlinkRequest changeRequest(SetChange change) {
        int command = change.add() ? IpSetProtocol.ADD : IpSetProtocol.DELETE;
        return request(
                change,
                command,
                0,
                out -> out.string(IpSetProtocol.ATTR_SETNAME, change.set().name())
                        .nested(
                                NetfilterSubsystem.nested(IpSetProtocol.ATTR_DATA),
                                in -> ElementCodec.write(in, change.entry())));
    }

    private static Failure failure(SetChange change, NetlinkException refusal) {
        return new Failure(change, IpSetErrors.explain(refusal, change.set()));
    }

    @Override
    public void destroy(String name) throws NetlinkException {
        try {
            socket.request(request(
                    "IPSET DESTROY " + name,
                    IpSetProtocol.DESTROY,
                    Netlink.F_EXCL,
                    out -> out.string(IpSetProtocol.ATTR_SETNAME, name)));
        } catch (NetlinkException e) {
            throw IpSetErrors.explain(e, IpSet.of(name, IpSet.Type.HASH_IP, IpFamily.IPV4));
        }
    }

    private NetlinkRequest request(Object operation, int command, int flags, MessageWriter.Content attributes) {
        return IpSetProtocol.request(operation, command, flags, version, attributes);
    }

    @Override
    public void close() {
        socket.close();
    }

    /** The versions of the protocol that a kernel speaks; one that names no oldest speaks one. */
    private record Versions(int newest, int oldest) {
        static Versions read(Message message) throws NetlinkException {
            int newest = 0;
            int oldest = 0;
            AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
            while (attributes.next()) {
                switch (attributes.type()) {
                    case IpSetProtocol.ATTR_PROTOCOL -> newest = attributes.u8();
                    case IpSetProtocol.ATTR_PROTOCOL_MIN -> oldest = attributes.u8();
                    default -> {}
                }
            }
            attributes.check("IPSET PROTOCOL");
            return new Versions(newest, oldest == 0 ? newest : oldest);
        }
    }
}
