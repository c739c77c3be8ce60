// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads ipset's messages. */
final class IpSetReplies {
    private static final Logger LOG = LoggerFactory.getLogger(IpSetReplies.class);

    private IpSetReplies() {}

    /** The versions of the protocol that a kernel speaks. */
    record Versions(int newest, int oldest) {}

    /** A set's name and number of elements. */
    record Size(String name, long elements) {}

    static Versions versions(Message message) throws NetlinkException {
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
        // a kernel that names no oldest version speaks one
        return new Versions(newest, oldest == 0 ? newest : oldest);
    }

    static int revision(Message message) throws NetlinkException {
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        int revision = 0;
        while (attributes.next()) {
            revision = attributes.type() == IpSetProtocol.ATTR_REVISION ? attributes.u8() : revision;
        }
        attributes.check("IPSET TYPE");
        return revision;
    }

    /** Whether a header is of the type and family of {@code set}. */
    static boolean isLike(Message message, IpSet set) throws NetlinkException {
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        boolean same = true;
        while (attributes.next()) {
            same &= switch (attributes.type()) {
                case IpSetProtocol.ATTR_TYPENAME ->
                    attributes.string().equals(set.type().kernelName());
                case IpSetProtocol.ATTR_FAMILY -> attributes.u8() == IpSetRequests.family(set);
                default -> true;
            };
        }
        attributes.check("IPSET HEADER " + set.name());
        return same;
    }

    static @Nullable String name(Message message) throws NetlinkException {
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        String name = null;
        while (attributes.next()) {
            name = attributes.type() == IpSetProtocol.ATTR_SETNAME ? attributes.string() : name;
        }
        attributes.check("read the name of a set");
        return name;
    }

    static Size size(Message message) throws NetlinkException {
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        String name = "";
        long elements = 0;
        while (attributes.next()) {
            switch (attributes.type()) {
                case IpSetProtocol.ATTR_SETNAME -> name = attributes.string();
                case IpSetProtocol.ATTR_DATA -> elements = elementCount(attributes.nested());
                default -> {}
            }
        }
        attributes.check("read the size of a set");
        return new Size(name, elements);
    }

    private static long elementCount(AttributeReader data) {
        long elements = 0;
        while (data.next()) {
            if (data.type() == IpSetProtocol.DATA_ELEMENTS) {
                elements = data.u32BigEndian();
            }
        }
        return elements;
    }

    static List<SetEntry> elements(Message message, IpSet set) throws NetlinkException {
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
                                            "Set {} has an element that is not of type {}",
                                            set.name(),
                                            set.type().kernelName()));
                }
            }
        }
        attributes.check("IPSET LIST " + set.name());
        return elements;
    }
}
