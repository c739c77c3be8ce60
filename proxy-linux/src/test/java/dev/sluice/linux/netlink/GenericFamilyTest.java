// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.linux.NetlinkException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Against the real kernel, which has the control family always. */
final class GenericFamilyTest {

    @Test
    void controlFamilyIsFound() throws NetlinkException {
        try (NetlinkSocket socket = NetlinkSocket.open(Netlink.GENERIC)) {
            assertThat(GenericFamily.resolve(socket, "nlctrl", "").id()).isEqualTo(0x10);
        }
    }

    @Test
    void missingFamilySaysWhatToDo() throws NetlinkException {
        try (NetlinkSocket socket = NetlinkSocket.open(Netlink.GENERIC)) {
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> GenericFamily.resolve(socket, "no-such", "load it: modprobe no_such"))
                    .withMessage(
                            "find generic netlink family no-such: ENOENT (no such entry); load it: modprobe no_such")
                    .matches(NetlinkException::notFound);
        }
    }

    @Test
    void lookupOnTheWire() {
        byte[] bytes = GenericFamily.lookup("x", "IPVS").encode(1, Netlink.F_ACK);
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("20000000" + "1000" + "0500" + "01000000" + "00000000" + "03010000" + "0900" + "0200"
                        + "4950565300000000");
    }
}
