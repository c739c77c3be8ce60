// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nfacct;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.List;
import java.util.Optional;

/** {@link NamedCounters} over nfnetlink. */
public final class NetlinkCounters implements NamedCounters {
    private static final String PROBED = "sluice_probe";
    private static final String MISSING = "if the kernel lacks counters: modprobe nfnetlink_acct";

    private final NetlinkSocket socket;

    private NetlinkCounters(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens the counters of the calling thread's network namespace. */
    public static NetlinkCounters open() throws NetlinkException {
        return new NetlinkCounters(NetlinkSocket.open(Netlink.NETFILTER, AcctProtocol.SUBSYSTEM));
    }

    /** The request makes the kernel load the module; it answers EINVAL for a subsystem that it does not have. */
    @Override
    public boolean supported() throws NetlinkException {
        try {
            read(PROBED);
            return true;
        } catch (NetlinkException e) {
            if (e.errno() == Errno.EINVAL || e.unsupported()) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public void create(String name) throws NetlinkException {
        try {
            socket.request(named("create", name, AcctProtocol.NEW, Netlink.F_CREATE | Netlink.F_EXCL));
        } catch (NetlinkException e) {
            if (!e.alreadyExists()) {
                throw explained(e);
            }
        }
    }

    @Override
    public boolean delete(String name) throws NetlinkException {
        try {
            socket.request(named("delete", name, AcctProtocol.DELETE, 0));
            return true;
        } catch (NetlinkException e) {
            if (e.errno() == Errno.EBUSY) {
                return false;
            }
            if (e.notFound()) {
                return true;
            }
            throw explained(e);
        }
    }

    @Override
    public Optional<Count> read(String name) throws NetlinkException {
        try {
            return socket.query(named("read", name, AcctProtocol.GET, 0), NetlinkCounters::count).values().stream()
                    .findFirst();
        } catch (NetlinkException e) {
            if (e.notFound()) {
                return Optional.empty();
            }
            throw explained(e);
        }
    }

    @Override
    public List<Count> list() throws NetlinkException {
        try {
            return socket.dump(
                    AcctProtocol.SUBSYSTEM.request("counter list", AcctProtocol.GET, 0, 0, out -> {}),
                    NetlinkCounters::count);
        } catch (NetlinkException e) {
            throw explained(e);
        }
    }

    private static NetlinkRequest named(String what, String name, int command, int flags) {
        return AcctProtocol.SUBSYSTEM.request(
                "counter " + what + " " + name, command, flags, 0, out -> out.string(AcctProtocol.NAME, name));
    }

    private static Count count(Message message) throws NetlinkException {
        String name = "";
        long packets = 0;
        long bytes = 0;
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case AcctProtocol.NAME -> name = attributes.string();
                case AcctProtocol.PACKETS -> packets = attributes.u64BigEndian();
                case AcctProtocol.BYTES -> bytes = attributes.u64BigEndian();
                default -> {}
            }
        }
        attributes.check("read a counter");
        return new Count(name, packets, bytes);
    }

    private static NetlinkException explained(NetlinkException e) {
        return e.errno() == Errno.EINVAL && e.kernelText().isEmpty()
                ? NetlinkException.remarked(e.operation(), Errno.EINVAL, MISSING)
                : e;
    }

    @Override
    public void close() {
        socket.close();
    }
}
