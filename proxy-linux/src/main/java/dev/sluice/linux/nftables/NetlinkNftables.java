// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.BatchReply;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import dev.sluice.linux.nftables.NftCommand.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@link Nftables} over nfnetlink. */
public final class NetlinkNftables implements Nftables {
    private final NetlinkSocket socket;
    private final NftRequests requests = new NftRequests();
    private long commits;

    private NetlinkNftables(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens the nf_tables of the calling thread's network namespace. */
    public static NetlinkNftables open() throws NetlinkException {
        return new NetlinkNftables(NetlinkSocket.open(Netlink.NETFILTER, new NftProtocol()));
    }

    /** The netlink port by which notifications name the sender of a commit. */
    public int port() {
        return socket.port();
    }

    /** How many transactions the kernel has carried out. */
    synchronized long commits() {
        return commits;
    }

    /** The number of the namespace's last commit, see {@link NftGeneration}. */
    synchronized long generation() throws NetlinkException {
        return NftGeneration.read(socket);
    }

    @Override
    public synchronized Committed commit(List<NftCommand> commands) throws NetlinkException {
        if (commands.isEmpty()) {
            return new Committed(0, 0);
        }
        Object what = new Transaction(commands);
        List<NetlinkRequest> messages = new ArrayList<>();
        List<NftCommand> sources = new ArrayList<>();
        messages.add(NftProtocol.boundary(what, NftProtocol.BATCH_BEGIN));
        sources.add(commands.getFirst());
        for (NftCommand command : commands) {
            for (NetlinkRequest message : requests.of(command)) {
                messages.add(message);
                sources.add(command);
            }
        }
        messages.add(NftProtocol.boundary(what, NftProtocol.BATCH_END));
        BatchReply reply = socket.commit(messages);
        if (!reply.refusals().isEmpty()) {
            throw refused(reply.refusals().getFirst(), messages, sources);
        }
        commits++;
        return new Committed((int) reply.messages(), reply.bytes());
    }

    /** Names a transaction in errors. */
    private record Transaction(List<NftCommand> commands) {
        @Override
        public String toString() {
            return "a transaction of " + commands.size() + " commands, first: " + commands.getFirst();
        }
    }

    private static RefusedCommand refused(
            BatchReply.Refusal refusal, List<NetlinkRequest> messages, List<NftCommand> sources) {
        NetlinkRequest message = messages.get(refusal.index());
        return new RefusedCommand(sources.get(refusal.index()), culprit(message, refusal.offset()), refusal.error());
    }

    /** The element whose attribute stands at byte {@code offset} of the message. */
    private static @Nullable SetElement culprit(NetlinkRequest message, int offset) {
        if (!(message.operation() instanceof NftRequests.Part part)) {
            return null;
        }
        return offset < 0 && part.elements().size() == 1
                ? part.elements().getFirst()
                : ElementOffsets.elementAt(message, part.elements(), offset);
    }

    @Override
    public synchronized boolean exists(Table table) throws NetlinkException {
        try {
            socket.request(NftRequests.get(
                    "look for table " + table,
                    NftProtocol.GET_TABLE,
                    table.family(),
                    out -> out.string(NftProtocol.TABLE_NAME, table.name())));
            return true;
        } catch (NetlinkException e) {
            if (isMissing(e)) {
                return false;
            }
            throw e;
        }
    }

    /** Netfilter answers EINVAL for a subsystem that it does not have. */
    private static boolean isMissing(NetlinkException e) {
        return e.notFound() || e.unsupported() || e.errno() == Errno.EINVAL;
    }

    @Override
    public synchronized List<ListedChain> listChains(Table table) throws NetlinkException {
        return socket.dump(
                NftRequests.get(
                        "list chains of table " + table,
                        NftProtocol.GET_CHAIN,
                        table.family(),
                        out -> out.string(NftProtocol.CHAIN_TABLE, table.name())),
                message -> NftReplies.chain(table.name(), message));
    }

    @Override
    public synchronized List<ListedRule> listRules(Table table) throws NetlinkException {
        return socket.dump(
                NftRequests.get(
                        "list rules of table " + table,
                        NftProtocol.GET_RULE,
                        table.family(),
                        out -> out.string(NftProtocol.RULE_TABLE, table.name())),
                message -> NftReplies.rule(table.name(), message));
    }

    @Override
    public synchronized List<SetHeader> sets(Table table) throws NetlinkException {
        try {
            return socket.dump(
                    NftRequests.get(
                            "list sets of table " + table,
                            NftProtocol.GET_SET,
                            table.family(),
                            out -> out.string(NftRequests.SET_TABLE, table.name())),
                    message -> NftReplies.set(table.name(), message));
        } catch (NetlinkException e) {
            if (e.notFound()) {
                return List.of();
            }
            throw e;
        }
    }

    @Override
    public synchronized Optional<PackedElements> packedElements(Table table, NftSet set) throws NetlinkException {
        NetlinkRequest request = NftRequests.get(
                "list elements of " + table + " " + set.name(),
                NftProtocol.GET_ELEMENT,
                table.family(),
                out -> out.string(NftRequests.ELEMENTS_TABLE, table.name())
                        .string(NftRequests.ELEMENTS_SET, set.name()));
        try {
            return Optional.of(PackedElements.join(socket.dump(request, new ElementReader()::read)));
        } catch (NetlinkException e) {
            if (e.notFound()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
