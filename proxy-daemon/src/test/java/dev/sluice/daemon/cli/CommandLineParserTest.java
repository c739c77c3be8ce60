// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.VmoduleRule;
import dev.sluice.daemon.cli.Invocation.Action;
import dev.sluice.daemon.cli.Invocation.HandBack;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.KnownModes;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.SettingsReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
        assertThat(call.values().string("hostnameOverride")).isEqualTo("b");
    }

    @Test
    void everyFlagHasItsValueOrItsDefault() throws Exception {
        Invocation call = parser.parse("--proxy-mode=ipvs", "--masquerade-all", "-v=3", "--cluster-cidr", "10.0.0.0/8");
        assertThat(call.flags())
                .hasSameSizeAs(parser.flagNames())
                .containsEntry("proxy-mode", "ipvs")
                .containsEntry("masquerade-all", "true")
                .containsEntry("v", "3")
                .containsEntry("cluster-cidr", "10.0.0.0/8")
                .containsEntry("cleanup", "false")
                .containsEntry("config", "")
                .containsEntry("iptables-sync-period", "30s")
                .doesNotContainKey("--v");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-v=4", "--v=4", "-v4"})
    void verbosityHasItsSpellings(String flag) throws Exception {
        assertThat(parser.parse(flag).values().integer("logging.verbosity")).isEqualTo(4);
        assertThat(parser.parse("-v", "4").values().integer("logging.verbosity"))
                .isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({
        "--cleanup, CLEAN_UP",
        "--init-only, INIT_ONLY",
        "--write-config-to=/tmp/f, WRITE_CONFIG",
        "--cleanup=true, CLEAN_UP",
        "--cleanup=false, RUN",
        "--version, VERSION",
        "--version=raw, VERSION_IN_FULL",
        "--version=false, RUN",
        "-h, HELP"
    })
    void actionsAreTold(String flag, Action action) throws Exception {
        assertThat(parser.parse(flag).action()).isEqualTo(action);
    }

    @ParameterizedTest
    @CsvSource({
        "--cleanup, NONE",
        "--cleanup --wait-for-kube-proxy, AND_END",
        "--cleanup --wait_for_kube_proxy --stay, AND_STAY",
        "--cleanup --stay, NONE"
    })
    void handingBackIsAskedBesideCleanUp(String flags, HandBack handBack) throws Exception {
        assertThat(parser.parse(flags.split(" ")).handBack()).isEqualTo(handBack);
    }

    @Test
    void handingBackWithoutCleanUpIsWarnedOf() throws Exception {
        assertThat(parser.parse("--wait-for-kube-proxy").warnings())
                .contains("flag --wait-for-kube-proxy has no effect without --cleanup");
        assertThat(parser.parse("--cleanup", "--stay").warnings())
                .contains("flag --stay has no effect without --wait-for-kube-proxy");
        assertThat(parser.parse("--cleanup", "--wait-for-kube-proxy", "--stay").warnings())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"-v=4, false", "--take-over, true", "--take_over=true, true", "--take-over=false, false"})
    void takingOverFromAKubeProxyIsAsked(String flag, boolean takeOver) throws Exception {
        assertThat(parser.parse(flag).takeOver()).isEqualTo(takeOver);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--no-such-flag | unknown flag --no-such-flag; 'sluice --help'",
                "--udp-timeout=1s | unknown flag --udp-timeout",
                "positional | unexpected argument 'positional'",
                "--proxymode=ipvs | unknown flag --proxymode; did you mean --proxy-mode?",
                "-proxy-mode=ipvs | unknown flag -proxy-mode; did you mean --proxy-mode?",
                "--nodeport_addreses=primary | unknown flag --nodeport-addreses; did you mean --nodeport-addresses?",
                "--config | --config",
            })
    void whatIsUnknownIsAnErrorWithWhatMayBeMeant(String argument, String message) {
        assertThatThrownBy(() -> parser.parse(argument))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void theValueOfASwitchIsNotTheNextArgument() {
        assertThatThrownBy(() -> parser.parse("--masquerade-all", "false"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("unexpected argument 'false'")
                .hasMessageContaining("--masquerade-all=false");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--bind-address=300.1.1.1 | --bind-address: want an IP address, not '300.1.1.1'",
                "--metrics-bind-address=127.0.0.1:0 | --metrics-bind-address: want IP:PORT with a port from 1 to",
                "--metrics-bind-address=localhost:80 | want IP:PORT",
                "--healthz-bind-address=:1111 | want IP:PORT",
                "--conntrack-min=3000000000 | --conntrack-min: want a whole number of 32 bits, not '3000000000'",
                "--kube-api-qps=1e39 | --kube-api-qps: want a number",
                "--vmodule=zzz | --vmodule: want rules such as PATTERN=4, not 'zzz'",
                "--log-text-info-buffer-size=big | --log-text-info-buffer-size: want a quantity",
            })
    void aWrongTypeNamesTheFlag(String argument, String message) {
        assertThatThrownBy(() -> parser.parse(argument))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void everyWrongValueIsReportedAtOnce() {
        assertThatThrownBy(() -> parser.parse("--oom-score-adj=x", "--masquerade-all=q", "-v=loud", "--nope=1", "more"))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.reasons())
                                .hasSize(5)
                                .anySatisfy(reason -> assertThat(reason).startsWith("-v: want a whole number")));
    }

    @Test
    void listsAddUpAndNumbersAreWrittenAsInGo() throws Exception {
        Invocation call = parser.parse(
                "--nodeport-addresses=10.0.0.0/8,11.0.0.0/8",
                "--nodeport-addresses=12.0.0.0/8",
                "--feature-gates=A=true,B=true",
                "--feature-gates=B=false",
                "--vmodule=a=1",
                "--vmodule=b*=2,",
                "--conntrack-min=2000000000",
                "--conntrack-max-per-core=0x10",
                "--kube-api-qps=1e3");
        assertThat(call.values().strings("nodePortAddresses"))
                .isEqualTo(List.of("10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8"));
        assertThat(call.values().switches("featureGates")).isEqualTo(Map.of("A", true, "B", false));
        assertThat(call.values().vmodule("logging.vmodule"))
                .containsExactly(new VmoduleRule("a", 1), new VmoduleRule("b*", 2));
        assertThat(call.values().integer("conntrack.min")).isEqualTo(2_000_000_000);
        assertThat(call.values().integer("conntrack.maxPerCore")).isEqualTo(16);
        assertThat(call.values().value("clientConnection.qps")).isEqualTo(1000.0);
    }

    @Test
    void whatHasNoEffectBesideAFileIsWarnedOf() throws Exception {
        assertThat(parser.parse("--config=/x", "--cluster-cidr=zz", "--metrics-port=0", "-v=4", "--manifests=/y")
                        .warnings())
                .singleElement()
                .asString()
                .contains("have no effect", "--cluster-cidr (clusterCIDR), --metrics-port;");
    }

    @Test
    void metricsPortZeroIsRefusedAsUpstream() {
        assertThatThrownBy(() -> parser.parse("--metrics-port=0"))
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
        assertThat(settings.healthz().orElseThrow().getPort()).isEqualTo(10256);
        assertThat(settings.metrics().getPort()).isEqualTo(10301);
        assertThat(call.warnings())
                .hasSize(3)
                .anySatisfy(w -> assertThat(w).contains("--healthz-port has no effect", "0.0.0.0:10256"));
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
    void theStateDirectoryIsOffUnlessItIsGiven() throws Exception {
        assertThat(parser.parse().overrides().stateDir()).isEmpty();
        Invocation call = parser.parse("--state-dir=/var/lib/sluice");
        assertThat(call.overrides().stateDir()).contains(Path.of("/var/lib/sluice"));
        assertThat(call.warnings()).isEmpty();
        assertThat(parser.parse("--state-dir=/x", "--manifests=/y").warnings())
                .containsExactly("flag --state-dir has no effect beside --manifests");
    }

    @Test
    void theUsageNamesEveryFlag() {
        assertThat(parser.usage()).contains("--proxy-mode", "--manifests", "--cleanup", "--conntrack-udp-timeout");
    }
}
