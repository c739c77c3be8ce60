package dev.sluice.linux.ipset;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads from a set's header how many elements it has. */
final class SetSizes {
    private SetSizes() {}

    /** One set's name and size. */
    record Size(String name, long elements) {}

    static Size read(Message message) throws NetlinkException {
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        String name = "";
        long elements = 0;
        while (attributes.next()) {
            switch (attributes.type()) {
                case IpSetProtocol.ATTR_SETNAME -> name = attributes.string();
                case IpSetProtocol.ATTR_DATA -> elements = elements(attributes.nested());
                default -> {}
            }
        }
        attributes.check("read the size of a set");
        return new Size(name, elements);
    }

    private static long elements(AttributeReader data) {
        long elements = 0;
        while (data.next()) {
            if (data.type() == IpSetProtocol.DATA_ELEMENTS) {
                elements = data.u32BigEndian();
            }
        }
        return elements;
    }

    static Map<String, Long> of(List<Size> sizes) {
        Map<String, Long> byName = new HashMap<>();
        sizes.forEach(s -> byName.put(s.name(), s.elements()));
        return byName;
    }
}
