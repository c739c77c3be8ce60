// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

/**
 * A message to the kernel; it is encoded when it is sent.
 *
 * @param operation what is requested, for errors; its text is only made when it is needed
 * @param type the message type
 * @param flags without REQUEST, ACK and DUMP, which the socket adds
 * @param body the protocol's fixed header and the attributes
 */
public record NetlinkRequest(Object operation, int type, int flags, MessageWriter.Content body) {

    /** The request on the wire, for tests and tools. */
    public byte[] encode(int sequence, int extraFlags) {
        MessageWriter writer = new MessageWriter(256);
        writer.write(this, sequence, extraFlags);
        byte[] bytes = new byte[writer.size()];
        writer.written().get(bytes);
        return bytes;
    }
}
