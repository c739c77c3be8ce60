// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.BatchReply;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import dev.sluice.linux.route.AddressMessages.Reported;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@link Links} over rtnetlink. */
public final class NetlinkLinks implements Links {
    private static final String LOOPBACK = "lo";

    private final NetlinkSocket socket;

    private NetlinkLinks(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens the links of the calling thread's network namespace. */
    public static NetlinkLinks open() throws NetlinkException {
        return new NetlinkLinks(NetlinkSocket.open(Netlink.ROUTE, new RouteProtocol()));
    }

    @Override
    public List<Link> links() throws NetlinkException {
        return socket.dump(LinkMessages.list(), LinkMessages::read);
    }

    @Override
    public Optional<Link> link(String name) throws NetlinkException {
        try {
            return socket.query(LinkMessages.get(name), LinkMessages::read).values().stream()
                    .findFirst();
        } catch (NetlinkException e) {
            if (e.errno() == Errno.ENODEV) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public List<LinkAddress> addresses() throws NetlinkException {
        List<Reported> reported = socket.dump(AddressMessages.list(), AddressMessages::read);
        Map<Integer, String> names = new HashMap<>();
        for (Link link : links()) {
            names.put(link.index(), link.name());
        }
        List<LinkAddress> addresses = new ArrayList<>(reported.size());
        for (Reported entry : reported) {
            String name = names.get(entry.linkIndex());
            // a link that was added or deleted between the two dumps is notified, see LinkMonitor
            if (name != null) {
                addresses.add(new LinkAddress(
                        entry.linkIndex(), name, entry.address(), entry.prefixLength(), entry.deprecated()));
            }
        }
        return addresses;
    }

    @Override
    public void createDummy(String name) throws NetlinkException {
        try {
            socket.request(LinkMessages.create(name, "dummy"));
        } catch (NetlinkException e) {
            throw e.errno() == Errno.EOPNOTSUPP
                    ? NetlinkException.remarked(
                            e.operation(),
                            e.errno(),
                            "this kernel has no dummy devices: load the module (modprobe dummy)")
                    : e;
        }
    }

    /** Sets a link administratively up. */
    public void setUp(String link) throws NetlinkException {
        socket.request(LinkMessages.setUp(existing(link)));
    }

    @Override
    public void deleteLink(String name) throws NetlinkException {
        socket.request(LinkMessages.delete(name));
    }

    @Override
    public AddressResult addAddresses(String link, List<IpAddress> addresses) throws NetlinkException {
        Link target = existing(link);
        return apply(addresses, address -> AddressMessages.bind(target, address), Errno.EEXIST);
    }

    @Override
    public AddressResult deleteAddresses(String link, List<IpAddress> addresses) throws NetlinkException {
        Link target = existing(link);
        return apply(
                addresses,
                address ->
                        AddressMessages.delete(target, address, address.family().bits()),
                Errno.EADDRNOTAVAIL);
    }

    @Override
    public boolean replaceSource(String link, List<IpAddress> addresses, IpAddress outside) throws NetlinkException {
        Optional<IpAddress> source = sourceTo(outside);
        if (source.isEmpty() || addresses.isEmpty()) {
            return false;
        }
        int loopback = existing(LOOPBACK).index();
        int old = existing(link).index();
        List<NetlinkRequest> requests = new ArrayList<>();
        for (IpAddress address : addresses) {
            requests.add(RouteMessages.addLocal(loopback, address, source.get()));
            if (address.family() == IpFamily.IPV6) {
                requests.add(RouteMessages.deleteLocal(old, address));
            }
        }
        requireDone(socket.batch(requests));
        return true;
    }

    private Optional<IpAddress> sourceTo(IpAddress outside) throws NetlinkException {
        try {
            return socket.query(RouteMessages.get(outside), RouteMessages::readSource).values().stream()
                    .findFirst();
        } catch (NetlinkException e) {
            if (e.errno() == Errno.ENETUNREACH) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public void deleteReplacedSource(List<IpAddress> addresses) throws NetlinkException {
        int loopback = existing(LOOPBACK).index();
        requireDone(socket.batch(addresses.stream()
                .map(address -> RouteMessages.deleteLocal(loopback, address))
                .toList()));
    }

    private static void requireDone(BatchReply reply) throws NetlinkException {
        for (BatchReply.Refusal refusal : reply.refusals()) {
            if (refusal.error().errno() != Errno.ESRCH && refusal.error().errno() != Errno.EEXIST) {
                throw refusal.error();
            }
        }
    }

    private AddressResult apply(List<IpAddress> addresses, RequestOf request, int harmless) throws NetlinkException {
        List<NetlinkRequest> requests = new ArrayList<>(addresses.size());
        for (IpAddress address : addresses) {
            requests.add(request.make(address));
        }
        BatchReply reply = socket.batch(requests);
        List<Failure> failures = new ArrayList<>();
        for (BatchReply.Refusal refusal : reply.refusals()) {
            if (refusal.error().errno() != harmless) {
                failures.add(new Failure(addresses.get(refusal.index()), refusal.error()));
            }
        }
        return new AddressResult(failures, reply.messages(), reply.bytes());
    }

    private Link existing(String name) throws NetlinkException {
        return link(name).orElseThrow(() -> new NetlinkException("look up link " + name, Errno.ENODEV, ""));
    }

    @Override
    public void close() {
        socket.close();
    }

    private interface RequestOf {
        NetlinkRequest make(IpAddress address);
    }
}
