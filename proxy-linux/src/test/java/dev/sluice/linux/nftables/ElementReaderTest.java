// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ElementReaderTest {
    private static final NftCommand.Table TABLE = new NftCommand.Table(IpFamily.IPV4, "sluice");
    private static final Words KEY = new Words.Builder()
            .address(IpAddress.of("10.96.0.10"))
            .protocol(Protocol.TCP)
            .port(80)
            .build();
    private static final List<SetElement> ELEMENTS = List.of(
            SetElement.of(KEY, Words.number(7)).withComment("shop/web:http/tcp"),
            SetElement.range(KEY, Words.number(9)),
            SetElement.of(Words.number(3), Verdict.jump("choose-3")),
            SetElement.of(Words.number(1)));

    /** What the kernel lists has the same attributes as what is sent. */
    private static byte[] payload() {
        byte[] message = new NftRequests()
                .of(new NftCommand.AddElements(TABLE, "services", ELEMENTS))
                .getFirst()
                .encode(1, 0);
        return Arrays.copyOfRange(message, Netlink.HEADER, message.length);
    }

    private static List<SetElement> read(byte[] payload, int length) throws NetlinkException {
        ByteBuffer bytes = ByteBuffer.wrap(payload, 0, length).slice().order(ByteOrder.nativeOrder());
        return new ElementReader()
                .read(new Message(NftProtocol.NEW_ELEMENT, 0, 1, 0, bytes))
                .toList();
    }

    @Test
    void elementsAreReadAsTheyWereWritten() throws Exception {
        byte[] payload = payload();
        assertThat(read(payload, payload.length)).isEqualTo(ELEMENTS);
    }

    @Test
    void whatEndsTooEarlyIsAnError() throws Exception {
        byte[] payload = payload();
        for (int length = payload.length - 4; length > NftProtocol.HEADER + 40; length -= 4) {
            int cut = length;
            assertThatThrownBy(() -> read(payload, cut))
                    .as("%d bytes", cut)
                    .isInstanceOf(NetlinkException.class)
                    .hasMessageContaining("claims");
        }
    }

    @Test
    void anAttributeWithoutALengthIsAnError() {
        byte[] payload = payload();
        payload[NftProtocol.HEADER] = 0;
        payload[NftProtocol.HEADER + 1] = 0;
        assertThatThrownBy(() -> read(payload, payload.length))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("claims 0 of");
    }
}
