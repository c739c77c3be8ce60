// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.VmoduleRule;
import dev.sluice.daemon.cli.ConfigurationLoader.Loaded;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.KnownModes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationLoaderTest {
    private static final String HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

    private final CommandLineParser parser = new CommandLineParser(KnownModes.SCHEMA);
    private final ConfigurationLoader loader = new ConfigurationLoader(KnownModes.SCHEMA, KnownModes.MODULES);

    @TempDir
    Path dir;

    @Test
    void theErrorsOfAllLayersAreReportedAtOnce() {
        assertThatThrownBy(() -> load(HEAD + """
                        oomScoreAdj: -1001
                        conntrack: {min: q}
                        mode: ipv
                        """, "--masquerade-all=maybe", "--nope"))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.reasons())
                                .hasSize(5)
                                .anySatisfy(r -> assertThat(r).startsWith("--masquerade-all: want true or false"))
                                .anySatisfy(r -> assertThat(r).startsWith("unknown flag --nope"))
                                .anySatisfy(
                                        r -> assertThat(r).startsWith(file() + ": line 4: conntrack.min: want a whole"))
                                .anySatisfy(r ->
                                        assertThat(r).startsWith(file() + ": line 3: oomScoreAdj: must be from -1000"))
                                .anySatisfy(
                                        r -> assertThat(r).startsWith(file() + ": line 5: mode: unknown mode 'ipv'")));
    }

    @Test
    void aFileThatCannotBeReadIsTheOnlyReasonBesideTheFlags() {
        assertThatThrownBy(() -> load("kind: [\n", "--cluster-cidr=zz"))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.reasons()).singleElement().asString().startsWith(file().toString()));
    }

    @Test
    void flagsOfLoggingAndTheNameCountBesideAFile() throws Exception {
        Loaded loaded =
                load(HEAD + """
                hostnameOverride: in-file
                clusterCIDR: 10.0.0.0/8
                logging: {verbosity: 2, vmodule: [{filePattern: a, verbosity: 1}]}
                """, "--hostname-override= Node-A ", "--cluster-cidr=fd00::/64", "-v=5", "--vmodule=b=7");
        assertThat(loaded.settings().hostnameOverride()).isEqualTo("node-a");
        assertThat(loaded.settings().logging().verbosity()).isEqualTo(5);
        assertThat(loaded.settings().logging().vmodule())
                .containsExactly(new VmoduleRule("a", 1), new VmoduleRule("b", 7));
        assertThat(loaded.settings().detectLocal().clusterCidrs())
                .singleElement()
                .asString()
                .isEqualTo("10.0.0.0/8");
        assertThat(loaded.warnings())
                .filteredOn(warning -> warning.contains("--config"))
                .singleElement()
                .asString()
                .contains(": --cluster-cidr (clusterCIDR);");
    }

    @Test
    void whatIsAcceptedAndHasNoEffectIsNamedInOneLine() throws Exception {
        Loaded loaded = load(
                HEAD + "winkernel: {enableDSR: true, networkName: ''}\nclientConnection: {qps: 7}\nportRange: ''\n",
                "--boot-id-file=/x",
                "--log-flush-frequency=1s");
        assertThat(loaded.warnings())
                .containsExactly("accepted, without effect here: --boot-id-file, clientConnection.qps,"
                        + " --log-flush-frequency, winkernel.enableDSR");
    }

    @Test
    void withoutAFileFlagsAreRepeatedInMessages() {
        assertThatThrownBy(() -> loader.load(parser.read("--oom-score-adj=5000", "--cluster-cidr=", "--proxy-mode=x")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--oom-score-adj: must be from -1000 to 1000, not 5000")
                .hasMessageContaining("--cluster-cidr: is empty")
                .hasMessageContaining("--proxy-mode: unknown mode 'x'");
    }

    private Path file() {
        return dir.resolve("config.conf");
    }

    private Loaded load(String content, String... flags) throws IOException, ConfigException {
        Files.writeString(file(), content);
        String[] all = Arrays.copyOf(flags, flags.length + 1);
        all[flags.length] = "--config=" + file();
        return loader.load(parser.read(all));
    }
}
