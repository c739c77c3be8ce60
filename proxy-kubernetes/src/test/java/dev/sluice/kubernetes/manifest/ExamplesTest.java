// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExamplesTest {

    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("../examples"))) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyExampleIsWithoutMistake(Path file) throws IOException {
        Manifest manifest = new ManifestReader().read(file.getFileName().toString(), Files.readAllBytes(file));

        assertThat(manifest)
                .isInstanceOfSatisfying(
                        Manifest.Valid.class,
                        good -> assertThat(good.objects()).isNotEmpty().allSatisfy(ExamplesTest::hasAddressesOnly));
    }

    private static void hasAddressesOnly(ManifestObject object) {
        List<String> addresses = switch (object) {
            case ManifestObject.OfService(var service) -> service.addresses().clusterIps();
            case ManifestObject.OfSlice(var slice) ->
                slice.endpoints().stream()
                        .flatMap(endpoint -> endpoint.addresses().stream())
                        .toList();
            case ManifestObject.OfNode(var node) -> node.internalIps();
            case ManifestObject.OfServiceCidr(var ranges) ->
                ranges.cidrs().stream()
                        .map(range -> range.replaceFirst("/.*", ""))
                        .toList();
        };
        assertThat(addresses)
                .isNotEmpty()
                .allMatch(text -> text.equals("None") || IpAddress.parse(text).isPresent());
    }
}
