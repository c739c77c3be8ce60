// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages as bytes; expectations are those of a little-endian machine, which x86_64 and aarch64 are. */
final class MessageTest {

    private static String hex(NetlinkRequest request) {
        return HexFormat.of().formatHex(request.encode(7, Netlink.F_ACK));
    }

    private static Message read(byte[] bytes) {
        return Message.next(ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()));
    }

    @Test
    void attributesArePaddedAndLengthsFilledIn() {
        NetlinkRequest request = new NetlinkRequest(
                "x",
                0x12,
                Netlink.F_CREATE,
                out -> out.u8(9)
                        .u8(8)
                        .u16BigEndian(0x0102)
                        .string(1, "ab")
                        .nested(2 | Netlink.NLA_F_NESTED, in -> in.u8(3, 5).u16BigEndian(4, 80))
                        .flag(5));
        assertThat(hex(request))
                .isEqualTo("34000000" + "1200" + "0504" + "07000000" + "00000000" // header
                        + "09080102"
                        + "0700" + "0100" + "61620000"
                        + "1400" + "0280" + "0500030005000000" + "0600040000500000"
                        + "0400" + "0500");
    }

    @Test
    void numbersInNetworkOrder() {
        NetlinkRequest request = new NetlinkRequest(
                "x",
                1,
                0,
                out -> out.u32BigEndian(1, 0x01020304)
                        .u64BigEndian(2, 0x0102030405060708L)
                        .u32(3, 0x01020304)
                        .u64(4, 0x0102030405060708L));
        assertThat(hex(request).substring(32))
                .isEqualTo("08000100" + "01020304" + "0c000200" + "0102030405060708" + "08000300" + "04030201"
                        + "0c000400" + "0807060504030201");
    }

    @Test
    void bufferGrows() {
        NetlinkRequest request = new NetlinkRequest(
                "x", 1, 0, out -> out.bytes(1, new byte[5000]).u32(2, 1));
        assertThat(request.encode(1, 0)).hasSize(16 + 5004 + 8);
    }

    @Test
    void whatWasWrittenIsRead() throws NetlinkException {
        NetlinkRequest request = new NetlinkRequest(
                "x",
                1,
                0,
                out -> out.u32(77)
                        .u16BigEndian(1, 443)
                        .address(2, IpAddress.of("fd00::1"))
                        .nested(
                                3 | Netlink.NLA_F_NESTED,
                                in -> in.string(1, "lo").u32(2, -1)));
        Message message = read(request.encode(1, 0));
        assertThat(message.u32(0)).isEqualTo(77);
        AttributeReader reader = message.attributes(4);
        assertThat(reader.next()).isTrue();
        assertThat(reader.u16BigEndian()).isEqualTo(443);
        assertThat(reader.next()).isTrue();
        assertThat(reader.address()).isEqualTo(IpAddress.of("fd00::1"));
        assertThat(reader.next()).isTrue();
        assertThat(reader.type()).isEqualTo(3);
        AttributeReader inside = reader.nested();
        assertThat(inside.next()).isTrue();
        assertThat(inside.string()).isEqualTo("lo");
        assertThat(inside.next()).isTrue();
        assertThat(inside.u32()).isEqualTo(0xffff_ffffL);
        assertThat(inside.next()).isFalse();
        assertThat(reader.next()).isFalse();
        reader.check("read");
    }

    @ParameterizedTest
    @CsvSource({
        "0300010000000000, claims 3",
        "0900010000000000, claims 9 of 8",
        "0600010001020000, 'attribute 1 has 2 bytes, not 4'",
    })
    void illFormedAttributesEndTheWalkAndAreRemembered(String hex, String text) {
        byte[] payload = HexFormat.of().parseHex(hex);
        AttributeReader reader = read(ScriptedLibc.message(1, 0, 1, payload)).attributes(0);
        if (reader.next()) {
            assertThat(reader.u32()).isZero();
        }
        assertThat(reader.next()).isFalse();
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> reader.check("read a thing"))
                .withMessageContaining(text)
                .withMessageContaining("read a thing")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EBADMSG));
    }

    @Test
    void faultInsideIsAFaultOutside() {
        byte[] payload = HexFormat.of().parseHex("08000100" + "02000100");
        AttributeReader reader = read(ScriptedLibc.message(1, 0, 1, payload)).attributes(0);
        assertThat(reader.next()).isTrue();
        assertThat(reader.nested().next()).isFalse();
        assertThatExceptionOfType(NetlinkException.class).isThrownBy(() -> reader.check("x"));
    }

    @Test
    void messageShorterThanItsHeaderIsAFault() {
        AttributeReader reader =
                read(ScriptedLibc.message(1, 0, 1, new byte[4])).attributes(16);
        assertThat(reader.next()).isFalse();
        assertThatExceptionOfType(NetlinkException.class).isThrownBy(() -> reader.check("x"));
    }

    @Test
    void traceNamesWhatTheProtocolNames() {
        WireNames names = new WireNames() {
            @Override
            public String message(Message message) {
                return "NEW_THING";
            }

            @Override
            public int headerLength(Message message) {
                return 4;
            }

            @Override
            public AttributeNames attributes(Message message) {
                return AttributeNames.of("NAME", "OPTIONS").nesting(2, AttributeNames.of("PORT"));
            }
        };
        NetlinkRequest request = new NetlinkRequest(
                "x",
                50,
                0,
                out -> out.u32(1)
                        .string(1, "a")
                        .nested(2, in -> in.u16BigEndian(1, 80))
                        .u8(3, 9));
        assertThat(new WireTrace(names).describe(read(request.encode(3, Netlink.F_ACK))))
                .isEqualTo("NEW_THING seq 3 [REQUEST,ACK] header 01000000 {NAME=6100 OPTIONS {PORT=0050} 3=09}");
    }

    @ParameterizedTest
    @CsvSource({
        "16, 0x605, 'REQUEST,ACK,EXCL,CREATE'",
        "16, 0xd01, 'REQUEST,REPLACE,CREATE,APPEND'",
        "18, 0x301, 'REQUEST,DUMP'",
        "16, 0x12, 'MULTI,DUMP_INTR'",
        "2, 0x300, 'CAPPED,ACK_TLVS'",
    })
    void traceNamesFlagsByTheKindOfMessage(int type, String flags, String names) {
        Message message = read(ScriptedLibc.message(type, Integer.decode(flags), 1, new byte[20]));
        assertThat(new WireTrace(WireNames.NONE).describe(message)).contains("seq 1 [" + names + "]");
    }

    @Test
    void traceSaysWhyTheKernelRefused() {
        Message request = read(ScriptedLibc.message(16, 1, 4));
        assertThat(new WireTrace(WireNames.NONE).describe(read(ScriptedLibc.error(Errno.EEXIST, request))))
                .isEqualTo("ERROR seq 4 [CAPPED] refused: EEXIST (exists already)");
    }
}
