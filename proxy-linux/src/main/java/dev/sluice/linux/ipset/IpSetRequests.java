// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;

/**
 * Messages to ipset. Element requests go without NLM_F_EXCL, which is the tool's {@code -exist}: adding an element that
 * is there and deleting one that is not are no errors. Sets are created with it, because without it the kernel takes a
 * set of another family for the same.
 *
 * @param version of the protocol
 */
record IpSetRequests(int version) {
    private static final int IPV4 = 2;
    static final int IPV6 = 10;

    /** Requests the versions of the protocol that the kernel speaks. */
    static NetlinkRequest versions() {
        return IpSetProtocol.request("IPSET PROTOCOL", IpSetProtocol.PROTOCOL, 0, IpSetProtocol.NEWEST, out -> {});
    }

    NetlinkRequest create(IpSet set, int revision) {
        return request("IPSET CREATE " + set.name(), IpSetProtocol.CREATE, Netlink.F_CREATE | Netlink.F_EXCL, out -> {
            out.string(IpSetProtocol.ATTR_SETNAME, set.name())
                    .string(IpSetProtocol.ATTR_TYPENAME, set.type().kernelName())
                    .u8(IpSetProtocol.ATTR_REVISION, revision)
                    .u8(IpSetProtocol.ATTR_FAMILY, family(set))
                    .nested(NetfilterSubsystem.nested(IpSetProtocol.ATTR_DATA), in -> size(in, set));
        });
    }

    private static void size(MessageWriter out, IpSet set) {
        if (set.type() == IpSet.Type.BITMAP_PORT) {
            out.u16BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_PORT), 0)
                    .u16BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_PORT_TO), 65_535);
        } else {
            out.u32BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_HASHSIZE), set.buckets())
                    .u32BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_MAXELEM), set.maxElements());
        }
        if (set.expiring()) {
            // each element brings its own
            out.u32BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_TIMEOUT), 0);
        }
    }

    /** The kernel's number for the family of {@code set}. */
    static int family(IpSet set) {
        return set.type() == IpSet.Type.BITMAP_PORT ? 0 : set.family() == IpFamily.IPV4 ? IPV4 : IPV6;
    }

    /** Requests the newest revision of a set's type; the kernel loads the module of the type for it. */
    NetlinkRequest revision(IpSet set) {
        String type = set.type().kernelName();
        return request(
                "IPSET TYPE " + type,
                IpSetProtocol.TYPE,
                0,
                out -> out.string(IpSetProtocol.ATTR_TYPENAME, type).u8(IpSetProtocol.ATTR_FAMILY, family(set)));
    }

    /** Requests type and family of the set of that name. */
    NetlinkRequest header(IpSet set) {
        return named("IPSET HEADER ", IpSetProtocol.HEADER_OF, 0, set.name());
    }

    /** Requests the names of all sets. */
    NetlinkRequest names() {
        return all("names", IpSetProtocol.FLAG_LIST_SETNAME);
    }

    /** Requests the headers of all sets, without their elements. */
    NetlinkRequest headers() {
        return all("headers", IpSetProtocol.FLAG_LIST_HEADER);
    }

    private NetlinkRequest all(String what, int flag) {
        return request(
                "IPSET LIST " + what,
                IpSetProtocol.LIST,
                0,
                out -> out.u32BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.ATTR_FLAGS), flag));
    }

    /** Requests a set with its elements. */
    NetlinkRequest list(IpSet set) {
        return named("IPSET LIST ", IpSetProtocol.LIST, 0, set.name());
    }

    NetlinkRequest change(SetChange change) {
        return request(
                change,
                change.add() ? IpSetProtocol.ADD : IpSetProtocol.DELETE,
                0,
                out -> out.string(IpSetProtocol.ATTR_SETNAME, change.set().name())
                        .nested(NetfilterSubsystem.nested(IpSetProtocol.ATTR_DATA), in -> {
                            ElementCodec.write(in, change.entry());
                            if (change.seconds() > 0) {
                                in.u32BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_TIMEOUT), change.seconds());
                            }
                        }));
    }

    /** Exchanges the content of two sets; rules that refer to one find that of the other. */
    NetlinkRequest swap(String name, String other) {
        return request(
                "IPSET SWAP " + name + " " + other,
                IpSetProtocol.SWAP,
                0,
                out -> out.string(IpSetProtocol.ATTR_SETNAME, name).string(IpSetProtocol.ATTR_TYPENAME, other));
    }

    NetlinkRequest destroy(String name) {
        return named("IPSET DESTROY ", IpSetProtocol.DESTROY, Netlink.F_EXCL, name);
    }

    private NetlinkRequest named(String operation, int command, int flags, String name) {
        return request(operation + name, command, flags, out -> out.string(IpSetProtocol.ATTR_SETNAME, name));
    }

    private NetlinkRequest request(Object operation, int command, int flags, MessageWriter.Content attributes) {
        return IpSetProtocol.request(operation, command, flags, version, attributes);
    }
}
