package dev.sluice.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.linux.NetlinkException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OriginalDestinationTest {

    @ParameterizedTest
    @CsvSource({
        "02001f900a60000a0000000000000000, 10.96.0.10:8080",
        "0a00ffff00000000fd00009600000000000000000000000a00000000, [fd00:96::a]:65535",
    })
    void socketAddressesAreRead(String hex, String text) throws NetlinkException {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertThat(OriginalDestination.parse(ByteBuffer.wrap(bytes), bytes.length))
                .hasToString(text);
    }

    @Test
    void unknownFamilyIsRefused() {
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> OriginalDestination.parse(ByteBuffer.allocate(16), 16))
                .withMessageContaining("family 0");
    }
}
