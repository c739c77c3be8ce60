// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.trace.Packet;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.PayloadField;
import dev.sluice.linux.nftables.expression.PayloadField.Header;
import dev.sluice.linux.rules.TracedPacket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The first packet of a connection, as expressions see it.
 *
 * @param priority {@code skb->priority}
 * @param masqueraded whether it got an address of the node as its source, which nobody knows here
 * @param translated whether its destination is settled
 * @param received whether it has an interface that it came in by
 */
record NftPacket(TracedPacket traced, int priority, boolean masqueraded, boolean translated, boolean received) {
    private static final int NAME_BYTES = 16;
    private static final int TRANSLATION_SETTLED = 0x100;
    private static final int SOURCE_OF_IPV4 = 12;
    private static final int DESTINATION_OF_IPV4 = 16;
    private static final int SOURCE_OF_IPV6 = 8;
    private static final int DESTINATION_OF_IPV6 = 24;

    NftPacket withTraced(TracedPacket value) {
        return new NftPacket(value, priority, masqueraded, translated, received);
    }

    NftPacket withPriority(int value) {
        return new NftPacket(traced, value, masqueraded, translated, received);
    }

    NftPacket asMasqueraded() {
        return new NftPacket(traced, priority, true, translated, received);
    }

    NftPacket asTranslated() {
        return new NftPacket(traced, priority, masqueraded, true, received);
    }

    NftPacket asReceived() {
        return new NftPacket(traced, priority, masqueraded, translated, true);
    }

    NftPacket withAddress(boolean ofSource, IpAddress address) {
        return withTraced(ofSource ? traced.from(address) : traced.withDestination(address));
    }

    Packet packet() {
        return traced.packet();
    }

    IpAddress source() {
        if (masqueraded) {
            throw new IllegalStateException("the source after masquerading is not known");
        }
        return packet().source();
    }

    /** The bytes of a header; those that are not in a {@link Packet} cannot be read. */
    byte[] payload(PayloadField field) {
        boolean ipv4 = traced.destination().family() == IpFamily.IPV4;
        if (field.header() == Header.TRANSPORT) {
            if (field.offset() + field.length() <= 4) {
                byte[] ports = ByteBuffer.allocate(4)
                        .putShort((short) (masqueraded ? knownPort() : packet().sourcePort()))
                        .putShort((short) traced.port())
                        .array();
                return Arrays.copyOfRange(ports, field.offset(), field.offset() + field.length());
            }
        } else if (lies(field, ipv4 ? SOURCE_OF_IPV4 : SOURCE_OF_IPV6, ipv4)) {
            return part(source(), field, ipv4 ? SOURCE_OF_IPV4 : SOURCE_OF_IPV6);
        } else if (lies(field, ipv4 ? DESTINATION_OF_IPV4 : DESTINATION_OF_IPV6, ipv4)) {
            return part(traced.destination(), field, ipv4 ? DESTINATION_OF_IPV4 : DESTINATION_OF_IPV6);
        }
        throw new IllegalStateException("these bytes of the packet are not known: " + field);
    }

    private static boolean lies(PayloadField field, int from, boolean ipv4) {
        return field.offset() >= from && field.offset() + field.length() <= from + (ipv4 ? 4 : 16);
    }

    private static byte[] part(IpAddress address, PayloadField field, int from) {
        return Arrays.copyOfRange(address.bytes(), field.offset() - from, field.offset() - from + field.length());
    }

    private static int knownPort() {
        throw new IllegalStateException("the source port after masquerading is not known");
    }

    byte[] meta(MetaField.Key key) {
        return switch (key) {
            case MARK -> Words.number(traced.mark()).bytes();
            case PRIORITY -> Words.number(priority).bytes();
            case L4PROTO -> new byte[] {(byte) packet().protocol().number()};
            case IIFNAME -> Arrays.copyOf(inInterface().getBytes(StandardCharsets.UTF_8), NAME_BYTES);
        };
    }

    /** What a process of the node sends to the node comes in by the loopback interface. */
    private String inInterface() {
        if (!received) {
            return "";
        }
        return packet().origin() == Packet.Origin.NODE ? "lo" : packet().inInterface();
    }

    NftPacket withMeta(MetaField.Key key, int value) {
        return switch (key) {
            case MARK -> withTraced(traced.marked(value));
            case PRIORITY -> withPriority(value);
            case L4PROTO, IIFNAME -> throw new IllegalStateException(key + " cannot be set");
        };
    }

    /** What conntrack says of the first packet of a connection. */
    byte[] connection(ConnectionField.Key key) {
        return switch (key) {
            case STATE -> Words.number(ConnectionField.NEW).bytes();
            case DIRECTION -> new byte[1];
            case STATUS -> Words.number(status()).bytes();
            case ORIGINAL_SOURCE_IPV4, ORIGINAL_SOURCE_IPV6, REPLY_DESTINATION_IPV4, REPLY_DESTINATION_IPV6 ->
                throw new IllegalStateException("addresses of the connection are not known here: " + key);
        };
    }

    private int status() {
        return (traced.rewritten() ? ConnectionField.DESTINATION_TRANSLATED : 0)
                | (masqueraded ? ConnectionField.SOURCE_TRANSLATED : 0)
                | (translated ? TRANSLATION_SETTLED : 0);
    }
}
