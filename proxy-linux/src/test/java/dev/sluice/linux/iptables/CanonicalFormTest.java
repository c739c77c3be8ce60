// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.rules.Rule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The real tools print every rule form of {@link CanonicalForms} back as it was given. */
@Tag("slow")
class CanonicalFormTest {
    private static final String SCRIPT = """
        set -e
        ipset restore < sets
        "$1-restore" --noflush < rules
        "$1-save" -t filter > saved
        "$1-save" -t nat >> saved
        """;

    @TempDir
    Path folder;

    static Stream<Arguments> tools() {
        return Stream.of(
                Arguments.of("iptables-nft", IpFamily.IPV4),
                Arguments.of("iptables-legacy", IpFamily.IPV4),
                Arguments.of("ip6tables-nft", IpFamily.IPV6),
                Arguments.of("ip6tables-legacy", IpFamily.IPV6));
    }

    @ParameterizedTest
    @MethodSource("tools")
    void savePrintsWhatWasRestored(String tool, IpFamily family) throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        assumeTrue(Files.exists(Path.of("/usr/sbin", tool)), tool + " is not installed");
        assumeTrue(Files.exists(Path.of("/usr/sbin/ipset")), "ipset is not installed");
        List<String> filter = CanonicalForms.filter(family);
        List<String> nat = CanonicalForms.nat(family);
        Files.write(folder.resolve("sets"), CanonicalForms.sets(family));
        Files.writeString(folder.resolve("rules"), script("filter", filter) + script("nat", nat));

        run(tool);

        String saved = Files.readString(folder.resolve("saved"));
        assertThat(printed(SavedTable.parse("filter", saved))).isEqualTo(filter);
        assertThat(printed(SavedTable.parse("nat", saved))).isEqualTo(nat);
    }

    /** kube-proxy alone writes the forms that are left out; the type of a set is not in the text. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void ruleLanguageReadsAndPrintsThem(IpFamily family) {
        List<String> specs = Stream.concat(CanonicalForms.filter(family).stream(), CanonicalForms.nat(family).stream())
                .map(line -> line.split(" ", 3)[2])
                .filter(spec -> Stream.of("-m set", "-m physdev", "-m state", "-j REDIRECT")
                        .noneMatch(spec::contains))
                .toList();

        assertThat(specs)
                .hasSizeGreaterThan(40)
                .allSatisfy(spec -> assertThat(Rule.parse(spec).text()).isEqualTo(spec));
    }

    private void run(String tool) throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder("unshare", "-n", "sh", "-c", SCRIPT, "sh", tool)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("XTABLES_LOCKFILE", folder.resolve("lock").toString());
        Process process = builder.start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }

    private static String script(String table, List<String> lines) {
        RestoreScript script = new RestoreScript().table(table);
        for (String line : lines) {
            String[] words = line.split(" ", 3);
            if (!ChainName.isBuiltIn(words[1])) {
                script.declare(words[1]);
            }
            RuleLine.target(words[2])
                    .filter(target -> target.startsWith("KUBE-"))
                    .ifPresent(script::declare);
            script.append(words[1], words[2]);
        }
        return script.text();
    }

    private static List<String> printed(SavedTable table) {
        return table.chains().stream()
                .flatMap(chain -> table.rules(chain).stream().map(spec -> new RuleLine(chain, spec).toString()))
                .toList();
    }
}
