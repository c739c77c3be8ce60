package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.BatchReply;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.List;

/** The connection tracking table over ctnetlink. */
public final class NetlinkConntrack implements Conntrack {
    private final NetlinkSocket socket;

    private NetlinkConntrack(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens the table of the calling thread's network namespace. */
    public static NetlinkConntrack open() throws NetlinkException {
        return new NetlinkConntrack(NetlinkSocket.open(Netlink.NETFILTER, new ConntrackProtocol()));
    }

    @Override
    public List<Flow> list(IpFamily family, Protocol protocol) throws NetlinkException {
        NetlinkSocket.Decoder<Flow> decoder = message -> FlowCodec.read(message, family, protocol);
        try {
            return socket.dump(dump(family, protocol, true), decoder);
        } catch (NetlinkException e) {
            if (e.errno() != Errno.EINVAL && !e.unsupported()) {
                throw e;
            }
        }
        try {
            return socket.dump(dump(family, protocol, false), decoder);
        } catch (NetlinkException e) {
            throw explained(e);
        }
    }

    /** @param filtered whether the kernel is asked to leave other protocols out; some kernels refuse to be asked */
    static NetlinkRequest dump(IpFamily family, Protocol protocol, boolean filtered) {
        return ConntrackProtocol.request(
                "conntrack list " + family + " " + protocol, ConntrackProtocol.GET, family, out -> {
                    if (filtered) {
                        FlowCodec.writeFilter(out, protocol);
                    }
                });
    }

    @Override
    public int delete(List<Flow> flows) throws NetlinkException {
        if (flows.isEmpty()) {
            return 0;
        }
        List<NetlinkRequest> requests = flows.stream()
                .map(flow -> ConntrackProtocol.request(
                        flow, ConntrackProtocol.DELETE, flow.family(), out -> FlowCodec.writeKey(out, flow)))
                .toList();
        BatchReply reply = socket.batch(requests);
        for (BatchReply.Refusal refusal : reply.refusals()) {
            if (!refusal.error().notFound()) {
                throw explained(refusal.error());
            }
        }
        return flows.size() - reply.refusals().size();
    }

    /** The kernel answers EINVAL for a subsystem of netfilter that it does not have. */
    private static NetlinkException explained(NetlinkException e) {
        return e.errno() == Errno.EINVAL && e.kernelText().isEmpty()
                ? NetlinkException.remarked(
                        e.operation(), Errno.EINVAL, "if ctnetlink is missing: modprobe nf_conntrack_netlink")
                : e;
    }

    @Override
    public void close() {
        socket.close();
    }
}
