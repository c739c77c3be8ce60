// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import java.util.List;

/**
 * A family of generic netlink, and the requests of it.
 *
 * @param id the message type that the kernel assigned
 */
public record GenericFamily(String name, int id) {
    /** The length of {@code struct genlmsghdr}. */
    public static final int HEADER = 4;

    /** The message type of the controller, which resolves families. */
    public static final int CONTROL = 0x10;

    private static final int GET_FAMILY = 3;
    private static final int FAMILY_ID = 1;
    private static final int FAMILY_NAME = 2;

    /**
     * Resolves the family {@code name}.
     *
     * @param remedy what to do when the kernel does not have it
     */
    public static GenericFamily resolve(NetlinkSocket socket, String name, String remedy) throws NetlinkException {
        String operation = "find generic netlink family " + name;
        try {
            List<Integer> ids =
                    socket.query(lookup(operation, name), GenericFamily::readId).values();
            if (ids.isEmpty()) {
                throw NetlinkException.remarked(operation, Errno.EBADMSG, "the answer has no family number");
            }
            return new GenericFamily(name, ids.getFirst());
        } catch (NetlinkException e) {
            throw e.errno() == Errno.ENOENT ? NetlinkException.remarked(operation, Errno.ENOENT, remedy) : e;
        }
    }

    static NetlinkRequest lookup(String operation, String name) {
        return new NetlinkRequest(
                operation, CONTROL, 0, out -> header(out, GET_FAMILY).string(FAMILY_NAME, name));
    }

    private static Integer readId(Message message) throws NetlinkException {
        int id = 0;
        AttributeReader attributes = message.attributes(HEADER);
        while (attributes.next()) {
            if (attributes.type() == FAMILY_ID) {
                id = attributes.u16();
            }
        }
        attributes.check("read a generic netlink family");
        return id;
    }

    /** Writes the fixed header: command, version 1. */
    public static MessageWriter header(MessageWriter out, int command) {
        return out.u8(command).u8(1).u16(0);
    }

    /** A request of this family. */
    public NetlinkRequest request(Object operation, int command, MessageWriter.Content attributes) {
        return new NetlinkRequest(operation, id, 0, out -> attributes.write(header(out, command)));
    }
}
