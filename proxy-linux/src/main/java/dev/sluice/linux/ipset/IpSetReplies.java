// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets.SetHeader;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads ipset's messages. */
final class IpSetReplies {
    private static final Logger LOG = LoggerFactory.getLogger(IpSetReplies.class);

    private IpSetReplies() {}

    /** The versions of the protocol that a kernel speaks. */
    record Versions(int newest, int oldest) {}

    /** A set's name and header. */
    record Named(String name, SetHeader header) {}

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

    static Named header(Message message) throws NetlinkException {
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        String name = "";
        String type = "";
        int family = 0;
        Sizes sizes = new Sizes();
        while (attributes.next()) {
            switch (attributes.type()) {
                case IpSetProtocol.ATTR_SETNAME -> name = attributes.string();
                case IpSetProtocol.ATTR_TYPENAME -> type = attributes.string();
                case IpSetProtocol.ATTR_FAMILY -> family = attributes.u8();
                case IpSetProtocol.ATTR_DATA -> sizes.read(attributes.nested());
                default -> {}
            }
        }
        attributes.check("read the header of a set");
        return new Named(name, new SetHeader(shape(name, type, family, sizes), sizes.elements));
    }

    private static Optional<IpSet> shape(String name, String typeName, int family, Sizes sizes) {
        for (IpSet.Type type : IpSet.Type.values()) {
            if (type.kernelName().equals(typeName)) {
                IpFamily of = family == IpSetRequests.IPV6 ? IpFamily.IPV6 : IpFamily.IPV4;
                return Optional.of(new IpSet(name, type, of, sizes.maxElements, sizes.buckets, sizes.expiring));
            }
        }
        return Optional.empty();
    }

    /** The numbers in a header. */
    private static final class Sizes {
        private int maxElements;
        private int buckets;
        private boolean expiring;
        private long elements;

        void read(AttributeReader data) {
            while (data.next()) {
                switch (data.type()) {
                    case IpSetProtocol.DATA_MAXELEM -> maxElements = (int) data.u32BigEndian();
                    case IpSetProtocol.DATA_HASHSIZE -> buckets = (int) data.u32BigEndian();
                    case IpSetProtocol.DATA_TIMEOUT -> expiring = true;
                    case IpSetProtocol.DATA_ELEMENTS -> elements = data.u32BigEndian();
                    default -> {}
                }
            }
        }
    }

    static Map<SetEntry, Integer> elements(Message message, IpSet set) throws NetlinkException {
        Map<SetEntry, Integer> elements = new LinkedHashMap<>();
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        while (attributes.next()) {
            if (attributes.type() == IpSetProtocol.ATTR_ADT) {
                AttributeReader list = attributes.nested();
                while (list.next()) {
                    ElementCodec.read(list, set.type())
                            .ifPresentOrElse(
                                    element -> elements.put(element.entry(), element.seconds()),
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
