// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.BatchReply;
import dev.sluice.linux.netlink.GenericFamily;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@link Ipvs} over generic netlink. */
public final class NetlinkIpvs implements Ipvs {
    private static final String REMEDY =
            "this kernel has no IPVS: load the module (modprobe ip_vs), or choose another proxy mode";

    private final NetlinkSocket socket;
    private final IpvsRequests requests;
    private final IpvsTable table;

    private NetlinkIpvs(NetlinkSocket socket, GenericFamily family, IpvsTable table) {
        this.socket = socket;
        this.requests = new IpvsRequests(family);
        this.table = table;
    }

    /**
     * Opens the IPVS tables of the calling thread's network namespace.
     *
     * @throws NetlinkException {@linkplain NetlinkException#notFound() not found} when the kernel has no IPVS
     */
    public static NetlinkIpvs open() throws NetlinkException {
        NetlinkSocket socket = NetlinkSocket.open(Netlink.GENERIC, new IpvsProtocol());
        try {
            GenericFamily family = GenericFamily.resolve(socket, IpvsProtocol.FAMILY, REMEDY);
            return new NetlinkIpvs(socket, family, IpvsTable.open());
        } catch (NetlinkException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public List<VirtualServerState> virtualServers() throws NetlinkException {
        return socket.dump(requests.virtualServers(), IpvsReplies::virtualServer);
    }

    @Override
    public List<RealServerState> realServers(VirtualServerKey virtualServer) throws NetlinkException {
        return socket.dump(
                requests.realServers(virtualServer),
                message -> IpvsReplies.realServer(message, virtualServer.family()));
    }

    @Override
    public Map<VirtualServerKey, List<RealServerState>> realServers(IpFamily family) throws NetlinkException {
        return table.realServers(family);
    }

    @Override
    public BatchResult apply(List<IpvsCommand> commands) throws NetlinkException {
        List<NetlinkRequest> messages = new ArrayList<>(commands.size());
        for (IpvsCommand command : commands) {
            messages.add(requests.of(command));
        }
        BatchReply reply = socket.batch(messages);
        List<Failure> failures = new ArrayList<>();
        for (BatchReply.Refusal refusal : reply.refusals()) {
            failures.add(new Failure(commands.get(refusal.index()), refusal.error()));
        }
        return new BatchResult(failures, reply.messages(), reply.bytes());
    }

    @Override
    public IpvsTimeouts timeouts() throws NetlinkException {
        return one(requests.timeouts(), IpvsReplies::timeouts);
    }

    @Override
    public void setTimeouts(IpvsTimeouts timeouts) throws NetlinkException {
        socket.request(requests.setTimeouts(timeouts));
    }

    @Override
    public IpvsInfo info() throws NetlinkException {
        return one(requests.info(), IpvsReplies::info);
    }

    private <T> T one(NetlinkRequest request, NetlinkSocket.Decoder<T> decoder) throws NetlinkException {
        List<T> values = socket.query(request, decoder).values();
        if (values.isEmpty()) {
            throw NetlinkException.remarked(
                    request.operation().toString(), Errno.EBADMSG, "the kernel acknowledged without an answer");
        }
        return values.getFirst();
    }

    @Override
    public void close() {
        table.close();
        socket.close();
    }
}
