// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {

    @ParameterizedTest
    @CsvSource({
        // RFC 5952, section 4
        "2001:0db8::0001, 2001:db8::1",
        "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:DB8::ABCD, 2001:db8::abcd",
        "0:0:0:0:0:0:0:0, ::",
        "0:0:0:0:0:0:0:1, ::1",
        "1:0:0:0:0:0:0:0, 1::",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8, 1:0:3:4:5:6:7:8",
        "0:0:1::, 0:0:1::",
        "::1.2.3.4, ::102:304",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
        "1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304",
        "fe80::1, fe80::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        // mapped ones are IPv4
        "::ffff:10.0.0.1, 10.0.0.1",
        "::ffff:a00:1, 10.0.0.1",
        "0:0:0:0:0:ffff:10.0.0.1, 10.0.0.1",
        // leading zeros are decimal
        "10.0.0.1, 10.0.0.1",
        "010.000.00.08, 10.0.0.8",
        "0000000000010.1.1.1, 10.1.1.1",
        "255.255.255.255, 255.255.255.255",
        "0.0.0.0, 0.0.0.0",
    })
    void parsesAndPrintsCanonically(String text, String canonical) {
        IpAddress address = IpAddress.of(text);
        assertThat(address).hasToString(canonical);
        assertThat(IpAddress.of(canonical)).isEqualTo(address);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "10.0.0",
                "10.0.0.0.0",
                "10.0.0.256",
                "10.0.0.",
                ".10.0.0",
                "10..0.1",
                "10.0.0.1 ",
                " 10.0.0.1",
                "10.0.0.-1",
                "10.0.0.+1",
                "0x0a.0.0.1",
                "10.0.0.1a",
                "10.0.0.1/32",
                "10.0.0.1:80",
                "localhost",
                "1234567",
                ":",
                ":::",
                "1:",
                ":1",
                "1::2::3",
                "::1::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "::1:2:3:4:5:6:7:8",
                "12345::",
                "g::",
                "::g",
                "::1%eth0",
                "fe80::1%1",
                "[::1]",
                "::1.2.3",
                "::1.2.3.256",
                "::1.2.3.4:5",
                "1:2:3:4:5:6:7:1.2.3.4",
                "::ffff:1.2.3.4.5",
                "1.2.3.4::",
                "١.2.3.4",
                "::１",
                "-1::",
                "4294967296.0.0.1",
                "99999999999999999999.0.0.1",
            })
    void refusesWhatIsNoAddress(String text) {
        assertThat(IpAddress.parse(text)).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> IpAddress.of(text))
                .withMessage("not an IP address: '" + text + "'");
    }

    @Test
    void agreesWithTheJdkOnRandomAddresses() throws UnknownHostException {
        Random random = new Random(20260101);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = randomBytes(random);
            IpAddress address = IpAddress.of(bytes);
            InetAddress jdk =
                    bytes.length == 4 ? InetAddress.getByAddress(bytes) : Inet6Address.getByAddress(null, bytes, -1);
            assertThat(address.bytes()).isEqualTo(bytes);
            assertThat(IpAddress.of(jdk)).isEqualTo(address);
            assertThat(address.toInetAddress().getAddress()).isEqualTo(jdk.getAddress());
            // the JDK prints eight groups without shortening; both texts must name the same address
            assertThat(IpAddress.of(jdk.getHostAddress())).isEqualTo(address);
            assertThat(InetAddress.ofLiteral(address.toString())).isEqualTo(jdk);
            assertThat(address.isLoopback()).isEqualTo(jdk.isLoopbackAddress());
            assertThat(address.isLinkLocal()).isEqualTo(jdk.isLinkLocalAddress());
            assertThat(address.isUnspecified()).isEqualTo(jdk.isAnyLocalAddress());
        }
    }

    /**
     * Many zero groups, so that shortening is put to the test; never a mapped address, which the JDK turns into IPv4.
     */
    private static byte[] randomBytes(Random random) {
        byte[] bytes = new byte[random.nextInt(4) == 0 ? 4 : 16];
        random.nextBytes(bytes);
        if (bytes.length == 16) {
            for (int group = 0; group < 8; group++) {
                if (random.nextBoolean()) {
                    bytes[group * 2] = 0;
                    bytes[group * 2 + 1] = (byte) (random.nextBoolean() ? 0 : random.nextInt(256));
                }
            }
            if (bytes[10] == -1) {
                bytes[10] = 1;
            }
        }
        return bytes;
    }

    @Test
    void shorteningIsTheLongestRunAndTheFirstOfEqualOnes() {
        for (int mask = 0; mask < 256; mask++) {
            byte[] bytes = new byte[16];
            for (int group = 0; group < 8; group++) {
                bytes[group * 2 + 1] = (byte) (mask >> group & 1);
            }
            String text = IpAddress.of(bytes).toString();
            assertThat(text).isEqualTo(shortened(bytes));
        }
    }

    /** RFC 5952 in the plainest way: replace the first longest run of two or more "0" groups. */
    private static String shortened(byte[] bytes) {
        List<String> groups = new ArrayList<>();
        for (int i = 0; i < 16; i += 2) {
            groups.add(Integer.toHexString(bytes[i + 1]));
        }
        for (int length = 8; length >= 2; length--) {
            int at = Collections.indexOfSubList(groups, Collections.nCopies(length, "0"));
            if (at >= 0) {
                return String.join(":", groups.subList(0, at)) + "::"
                        + String.join(":", groups.subList(at + length, 8));
            }
        }
        return String.join(":", groups);
    }

    @Test
    void mappedBytesStayIpv6() {
        byte[] bytes = new byte[16];
        bytes[10] = -1;
        bytes[11] = -1;
        bytes[15] = 1;
        IpAddress address = IpAddress.of(bytes);
        assertThat(address.family()).isEqualTo(IpFamily.IPV6);
        assertThat(address).hasToString("::ffff:0.0.0.1");
    }

    @Test
    void bytesOfOtherLengthsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> IpAddress.of(new byte[5]));
    }

    @Test
    void orderIsIpv4FirstThenByNumber() {
        List<IpAddress> sorted = Stream.of(
                        "ffff::", "::1", "255.0.0.1", "10.0.0.9", "10.0.0.10", "8000::", "fd00::2", "fd00::10")
                .map(IpAddress::of)
                .sorted()
                .toList();
        assertThat(sorted)
                .extracting(IpAddress::toString)
                .containsExactly(
                        "10.0.0.9", "10.0.0.10", "255.0.0.1", "::1", "8000::", "fd00::2", "fd00::10", "ffff::");
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1, 10.0.0.1:80", "fd00::1, [fd00::1]:80"})
    void portFollowsWithBracketsForIpv6(String address, String expected) {
        assertThat(IpAddress.of(address).withPort(80)).isEqualTo(expected);
    }
}
