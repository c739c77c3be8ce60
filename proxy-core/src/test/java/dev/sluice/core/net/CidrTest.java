// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3/8, 10.0.0.0/8",
        "10.1.2.3/32, 10.1.2.3/32",
        "10.1.2.3/31, 10.1.2.2/31",
        "255.255.255.255/1, 128.0.0.0/1",
        "10.1.2.3/0, 0.0.0.0/0",
        "010.1.2.3/08, 10.0.0.0/8",
        "fd00::1/64, fd00::/64",
        "fd00:0:0:ffff::1/63, fd00:0:0:fffe::/63",
        "fd00::ffff:0:0:1/65, fd00::8000:0:0:0/65",
        "fd00::1/128, fd00::1/128",
        "ffff::/0, ::/0",
    })
    void hostBitsAreCleared(String text, String canonical) {
        assertThat(Cidr.of(text)).hasToString(canonical);
        assertThat(Cidr.of(canonical)).isEqualTo(Cidr.of(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/8",
                "10.0.0.0",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/+8",
                "10.0.0.0/8 ",
                "10.0.0.0/8/8",
                "10.0.0.0/a",
                "10.0.0.0/0008",
                "::/129",
                "10.0.0/8",
                "fd00::/64%eth0",
                "10.0.0.0/٨",
                "::ffff:10.0.0.0/8",
                "::ffff:10.0.0.0/104",
            })
    void refusesWhatIsNoPrefix(String text) {
        assertThat(Cidr.parse(text)).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> Cidr.of(text)).withMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "0.0.0.0/0, 255.0.0.1, true",
        "0.0.0.0/0, ::1, false",
        "::/0, 10.0.0.1, false",
        "::/0, ffff::1, true",
        "fd00::/64, fd00::ffff:ffff:ffff:ffff, true",
        "fd00::/64, fd00:0:0:1::, false",
        "fd00::1/128, fd00::1, true",
        "fd00::1/128, fd00::, false",
    })
    void containsAddressesOfItsFamilyInside(String cidr, String address, boolean inside) {
        assertThat(Cidr.of(cidr).contains(IpAddress.of(address))).isEqualTo(inside);
    }

    @Test
    void agreesWithBigIntegersOnRandomPrefixes() {
        Random random = new Random(20260102);
        for (int i = 0; i < 20_000; i++) {
            int bits = random.nextBoolean() ? 32 : 128;
            int length = random.nextInt(bits + 1);
            byte[] bytes = new byte[bits / 8];
            random.nextBytes(bytes);
            Cidr cidr = new Cidr(IpAddress.of(bytes), length);
            byte[] other = bytes.clone();
            int flipped = random.nextInt(bits);
            other[flipped / 8] ^= (byte) (0x80 >> flipped % 8);
            BigInteger expected =
                    new BigInteger(1, bytes).shiftRight(bits - length).shiftLeft(bits - length);
            assertThat(new BigInteger(1, cidr.base().bytes())).isEqualTo(expected);
            assertThat(cidr.contains(IpAddress.of(bytes))).isTrue();
            assertThat(cidr.contains(IpAddress.of(other))).isEqualTo(flipped >= length);
        }
    }

    @Test
    void hostHoldsJustOneAddress() {
        assertThat(Cidr.host(IpAddress.of("10.0.0.1"))).hasToString("10.0.0.1/32");
        assertThat(Cidr.host(IpAddress.of("fd00::1"))).hasToString("fd00::1/128");
    }

    @Test
    void impossibleLengthIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Cidr(IpAddress.of("10.0.0.0"), 33));
        assertThatIllegalArgumentException().isThrownBy(() -> new Cidr(IpAddress.of("10.0.0.0"), -1));
    }
}
