// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.daemon.cli.Invocation.Action;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.KnownModes;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.SettingsReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineParserTest {
    private final CommandLineParser parser = new CommandLineParser(KnownModes.SCHEMA);

    @Test
    void flagsSetTheirFields() throws Exception {
        Invocation call = parser.parse(
                "--proxy-mode=ipvs",
                "--ipvs-scheduler",
                "lc",
                "--cluster_cidr=10.0.0.0/8",
                "--masquerade-all",
                "--iptables-localhost-nodeports=false",
                "--ipvs-exclude-cidrs=10.1.0.0/16,10.2.0.0/16",
                "--conntrack-max-per-core=0",
                "--iptables-min-sync-period=100ms",
                "--userspace-scheduler=p2c",
                "--manifests=/some/dir");
        assertThat(call.action()).isEqualTo(Action.RUN);
        assertThat(call.values().string("mode")).isEqualTo("ipvs");
        assertThat(call.values().string("ipvs.scheduler")).isEqualTo("lc");
        assertThat(call.values().string("clusterCIDR")).isEqualTo("10.0.0.0/8");
        assertThat(call.values().bool("iptables.masqueradeAll")).isTrue();
        assertThat(call.values().bool("iptables.localhostNodePorts")).isFalse();
        assertThat(call.values().strings("ipvs.excludeCIDRs")).isEqualTo(List.of("10.1.0.0/16", "10.2.0.0/16"));
        assertThat(call.values().integer("conntrack.maxPerCore")).isZero();
        assertThat(call.values().duration("iptables.minSyncPeriod")).isEqualTo(Duration.ofMillis(100));
        assertThat(call.overrides().manifests()).contains(Path.of("/some/dir"));
        assertThat(call.values().string("--userspace-scheduler")).isEqualTo("p2c");
        assertThat(call.warnings()).isEmpty();
    }

    @Test
    void aFlagCountsAsItWasGivenLast() throws Exception {
        Invocation call = parser.parse(
                "--proxy-mode=ipvs",
                "--hostname-override",
                "a",
                "--masquerade-all",
                "--proxy-mode=iptables",
                "--hostname-override=b",
                "--masquerade-all=false");
        assertThat(call.values().string("mode")).isEqualTo("iptables");
        assertThat(call.values().bool("iptables.masqueradeAll")).isFalse();
        assertThat(call.overrides().hostname()).contains("b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-v=4", "--v=4", "-v4"})
    void verbosityHasItsSpellings(String flag) throws Exception {
        assertThat(parser.parse(flag).overrides().verbosity()).contains(4);
        assertThat(parser.parse("-v", "4").overrides().verbosity()).contains(4);
    }

    @ParameterizedTest
    @CsvSource({
        "--cleanup, CLEAN_UP",
        "--init-only, INIT_ONLY",
        "--write-config-to=/tmp/f, WRITE_CONFIG",
        "--cleanup=true, CLEAN_UP",
        "--cleanup=false, RUN",
        "--version, VERSION",
        "-h, HELP"
    })
    void actionsAreTold(String flag, Action action) throws Exception {
        assertThat(parser.parse(flag).action()).isEqualTo(action);
    }

    @ParameterizedTest
    @CsvSource({"-v=4, false", "--take-over, true", "--take_over=true, true", "--take-over=false, false"})
    void takingOverFromAKubeProxyIsAsked(String flag, boolean takeOver) throws Exception {
        assertThat(parser.parse(flag).takeOver()).isEqualTo(takeOver);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--no-such-flag", "positional", "--udp-timeout=1s"})
    void whatIsUnknownIsAnError(String argument) {
        assertThatThrownBy(() -> parser.parse(argument))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(argument.split("=", 2)[0]);
    }

    @Test
    void everyWrongValueIsToldAtOnce() {
        assertThatThrownBy(() -> parser.parse("--oom-score-adj=x", "--masquerade-all=maybe", "-v=loud"))
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.reasons()).hasSize(3));
    }

    @Test
    void metricsPortZeroFailsInValidationAsUpstream() throws Exception {
        Invocation call = parser.parse("--metrics-port=0");
        assertThatThrownBy(() -> SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("metricsBindAddress");
    }

    @Test
    void healthzPortZeroSwitchesTheServerOff() throws Exception {
        Invocation call = parser.parse("--healthz-port=0");
        assertThat(SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES)
                        .healthz())
                .isEmpty();
    }

    @Test
    void theDeprecatedPortsCountWhereTheAddressHasNone() throws Exception {
        Invocation call = parser.parse("--healthz-port=10300", "--metrics-bind-address=::1", "--metrics-port=10301");
        Settings settings = SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES);
        assertThat(settings.healthz().orElseThrow().getPort()).isEqualTo(10300);
        assertThat(settings.metrics().getPort()).isEqualTo(10301);
        assertThat(call.warnings()).hasSize(2);
    }

    @Test
    void anEmptyBindAddressKeepsTheDefault() throws Exception {
        Invocation call = parser.parse("--metrics-bind-address=");
        assertThat(SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES)
                        .metrics()
                        .getPort())
                .isEqualTo(10249);
    }

    @Test
    void aFlagThatIsNotSupportedYetIsWarnedOf() throws Exception {
        assertThat(parser.parse("--profiling").warnings())
                .singleElement()
                .asString()
                .contains("--profiling");
    }

    @Test
    void theUsageNamesEveryFlag() {
        assertThat(parser.usage()).contains("--proxy-mode", "--manifests", "--cleanup", "--conntrack-udp-timeout");
    }
}
