// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.FibLookup;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.PayloadField;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Matches, and keys of sets, in one family. Keys begin in register 0. */
final class PacketFields {
    private static final int INTERFACE_NAME_BYTES = 16;
    private static final Words ZERO = Words.number(0);

    private final IpFamily family;
    /** The registers that an address takes. */
    private final int width;

    PacketFields(IpFamily family) {
        this.family = family;
        this.width = family.bits() / Integer.SIZE;
    }

    /** Destination address, protocol and port. */
    List<Expression> portal() {
        return List.of(PayloadField.destination(family, 0), protocol(width), PayloadField.destinationPort(width + 1));
    }

    /** The same and the source address. */
    List<Expression> portalAndClient() {
        return List.of(
                PayloadField.destination(family, 0),
                protocol(width),
                PayloadField.destinationPort(width + 1),
                PayloadField.source(family, width + 2));
    }

    /** Source address, destination address, protocol and port. */
    List<Expression> connection() {
        return List.of(
                PayloadField.source(family, 0),
                PayloadField.destination(family, width),
                protocol(2 * width),
                PayloadField.destinationPort(2 * width + 1));
    }

    /** Protocol and port. */
    List<Expression> nodePort() {
        return List.of(protocol(0), PayloadField.destinationPort(1));
    }

    /** Destination address and protocol. */
    List<Expression> destinationAndProtocol() {
        return List.of(PayloadField.destination(family, 0), protocol(width));
    }

    private static Expression protocol(int register) {
        return MetaField.load(MetaField.Key.L4PROTO, register);
    }

    Expression destination() {
        return PayloadField.destination(family, 0);
    }

    List<Expression> fromThisHost() {
        return addressOfThisHost(FibLookup.Side.SOURCE);
    }

    List<Expression> toThisHost() {
        return addressOfThisHost(FibLookup.Side.DESTINATION);
    }

    private static List<Expression> addressOfThisHost(FibLookup.Side side) {
        return List.of(new FibLookup(side, 0), Compare.equal(0, Words.number(FibLookup.LOCAL)));
    }

    List<Expression> notToLoopback() {
        return destination(false);
    }

    /** Whether the destination is a loopback address. */
    List<Expression> destination(boolean loopback) {
        return inside(destination(), Cidr.loopback(family), loopback);
    }

    /** Whether the source is a loopback address. */
    List<Expression> source(boolean loopback) {
        return inside(PayloadField.source(family, 0), Cidr.loopback(family), loopback);
    }

    private static List<Expression> inside(Expression address, Cidr range, boolean inside) {
        byte[] mask = new byte[range.family().bits() / Byte.SIZE];
        for (int bit = 0; bit < range.length(); bit++) {
            mask[bit / Byte.SIZE] |= (byte) (0x80 >>> bit % Byte.SIZE);
        }
        Words base = Words.of(range.base().bytes());
        Compare compare = new Compare(0, inside, base);
        return range.length() == range.family().bits()
                ? List.of(address, compare)
                : List.of(address, new Bitwise(0, 0, Words.of(mask), Words.of(new byte[mask.length])), compare);
    }

    /** Matches what {@code detector} takes for traffic of Pods, or all else. Empty when it knows none. */
    List<Expression> pods(LocalDetector detector, boolean are) {
        return switch (detector) {
            case LocalDetector.None() -> List.of();
            case LocalDetector.SourceCidr(Cidr range) -> inside(PayloadField.source(family, 0), range, are);
            case LocalDetector.Bridge(String name) ->
                incoming(Arrays.copyOf(name.getBytes(StandardCharsets.UTF_8), INTERFACE_NAME_BYTES), are);
            case LocalDetector.InterfacePrefix(String prefix) -> incoming(prefix.getBytes(StandardCharsets.UTF_8), are);
        };
    }

    private static List<Expression> incoming(byte[] name, boolean are) {
        return List.of(MetaField.load(MetaField.Key.IIFNAME, 0), new Compare(0, are, Words.of(name)));
    }

    static List<Expression> newConnection() {
        return List.of(
                new ConnectionField(ConnectionField.Key.STATE, 0),
                Bitwise.keepBits(0, ConnectionField.NEW),
                Compare.different(0, ZERO));
    }

    /** No packet of the connection has passed yet; one of UDP is new until it is answered. */
    static List<Expression> firstPacket() {
        return List.of(
                new ConnectionField(ConnectionField.Key.STATUS, 0),
                Bitwise.keepBits(0, ConnectionField.CONFIRMED),
                Compare.equal(0, ZERO));
    }

    static List<Expression> destinationTranslated() {
        return List.of(
                new ConnectionField(ConnectionField.Key.STATUS, 0),
                Bitwise.keepBits(0, ConnectionField.DESTINATION_TRANSLATED),
                Compare.different(0, ZERO));
    }

    /** Matches packets with any of {@code bits} in {@code field}. */
    static List<Expression> any(MetaField.Key field, int bits) {
        return List.of(MetaField.load(field, 0), Bitwise.keepBits(0, bits), Compare.different(0, ZERO));
    }

    static List<Expression> setBits(MetaField.Key field, int bits) {
        return List.of(MetaField.load(field, 0), Bitwise.setBits(0, bits), MetaField.set(field, 0));
    }

    static List<Expression> invertBits(MetaField.Key field, int bits) {
        return List.of(MetaField.load(field, 0), Bitwise.invertBits(0, bits), MetaField.set(field, 0));
    }
}
