// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.ConfigValues;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.config.VmoduleRule;
import dev.sluice.core.net.Cidr;
import dev.sluice.daemon.config.LoggingOptions.Format;
import dev.sluice.daemon.config.SettingsReader.Overrides;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsReaderTest {
    private static final Overrides NONE = new Overrides("", Optional.empty(), Optional.empty(), false);

    @Test
    void defaultsAreKubeProxys() throws Exception {
        Settings settings = SettingsReader.read(new ConfigValues(KnownModes.SCHEMA), NONE, KnownModes.MODULES);
        assertThat(settings.module().mode()).isEqualTo(ProxyMode.IPTABLES);
        assertThat(settings.healthz().orElseThrow().getPort()).isEqualTo(10256);
        assertThat(settings.metrics().getAddress().isLoopbackAddress()).isTrue();
        assertThat(settings.metrics().getPort()).isEqualTo(10249);
        assertThat(settings.syncPeriods().min()).isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.syncPeriods().retry()).isEqualTo(Duration.ofSeconds(30));
        assertThat(settings.syncPeriods().max()).isEqualTo(Duration.ofHours(1));
        assertThat(settings.oomScoreAdj()).isEqualTo(-999);
    }

    @Test
    void whatIsInvalidForAnotherModeIsAWarning() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("ipvs.scheduler", "averyveryverylongname");
        values.set("ipvs.excludeCIDRs", List.of("x"));
        values.set("ipvs.tcpTimeout", Duration.ofSeconds(-1), "/etc/proxy.conf: line 7: ipvs.tcpTimeout");
        values.set("mode", "iptables");
        assertThat(SettingsReader.read(values, NONE, KnownModes.MODULES).warnings())
                .hasSize(3)
                .allSatisfy(w -> assertThat(w).endsWith("; mode iptables ignores it"))
                .anySatisfy(w -> assertThat(w).startsWith("/etc/proxy.conf: line 7: ipvs.tcpTimeout: must not be neg"));

        values.set("mode", "ipvs");
        assertThatThrownBy(() -> SettingsReader.read(values, NONE, KnownModes.MODULES))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("ipvs.scheduler")
                .hasMessageContaining("ipvs.excludeCIDRs: 'x'")
                .hasMessageContaining("/etc/proxy.conf: line 7: ipvs.tcpTimeout");
    }

    @Test
    void theMasqueradeBitIsCheckedInEveryMode() {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("mode", "userspace");
        values.set("iptables.masqueradeBit", 32);
        assertThatThrownBy(() -> SettingsReader.read(values, NONE, KnownModes.MODULES))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("iptables.masqueradeBit");
    }

    @Test
    void ipvsSyncsFullyWithinItsSyncPeriod() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("mode", "ipvs");
        values.set("ipvs.syncPeriod", Duration.ofSeconds(7));
        Settings settings = SettingsReader.read(values, NONE, KnownModes.MODULES);
        assertThat(settings.syncPeriods().max()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void twoClusterRangesOfDifferentFamiliesAreTaken() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("clusterCIDR", "10.244.0.0/16,fd00:244::/32");
        assertThat(SettingsReader.read(values, NONE, KnownModes.MODULES)
                        .detectLocal()
                        .clusterCidrs())
                .containsExactly(Cidr.of("10.244.0.0/16"), Cidr.of("fd00:244::/32"));
    }

    @Test
    void anIpv6BindAddressMovesTheDefaults() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("bindAddress", "fd00:10::1");
        Settings settings = SettingsReader.read(values, NONE, KnownModes.MODULES);
        assertThat(settings.metrics().getAddress().getHostAddress()).isEqualTo("0:0:0:0:0:0:0:1");
    }

    @Test
    void anAddressWithoutAPortGetsTheDefaultPort() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("healthzBindAddress", "127.0.0.1");
        assertThat(SettingsReader.read(values, NONE, KnownModes.MODULES)
                        .healthz()
                        .orElseThrow()
                        .getPort())
                .isEqualTo(10256);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mode | nftable | unknown mode 'nftable'; choose one of iptables, ipvs, userspace",
                "clusterCIDR | 10.0.0.0/8,10.1.0.0/16 | two of different families",
                "clusterCIDR | 10.0.0.0 | is no CIDR",
                "clusterCIDR | '' | is empty",
                "showHiddenMetricsForVersion | 1.10 | must be 1.35",
                "hostnameOverride | '  ' | is blank",
                "logging.format | xml | unknown format 'xml'; choose one of text, json",
                "logging.options.json.infoBufferSize | 1Ki | LoggingAlphaOptions is off",
                "detectLocalMode | Magic | unknown mode 'Magic'",
                "detectLocalMode | BridgeInterface | detectLocal.bridgeInterface",
            })
    void aBadTextNamesTheFieldAndTheWayOut(String path, String text, String message) {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set(path, text);
        assertThatThrownBy(() -> SettingsReader.read(values, NONE, KnownModes.MODULES))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void everyReasonIsToldAtOnce() {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("iptables.masqueradeBit", 32);
        values.set("oomScoreAdj", -1001);
        values.set("iptables.minSyncPeriod", Duration.ofSeconds(31));
        values.set("nodePortAddresses", List.of("primary", "10.0.0.0/8"));
        assertThatThrownBy(() -> SettingsReader.read(values, NONE, KnownModes.MODULES))
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.reasons()).hasSize(4));
    }

    @Test
    void theHostnameIsTrimmedAndInLowerCase() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("hostnameOverride", " Node-A ");
        assertThat(SettingsReader.read(values, NONE, KnownModes.MODULES).hostnameOverride())
                .isEqualTo("node-a");
    }

    @Test
    void whatHasNoEffectIsCheckedAllTheSame() {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("clientConnection.burst", -1);
        values.set("configSyncPeriod", Duration.ZERO);
        values.set("logging.flushFrequency", Duration.ofSeconds(-1));
        assertThatThrownBy(() -> SettingsReader.read(values, NONE, KnownModes.MODULES))
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.reasons()).hasSize(3));
    }

    @Test
    void loggingOptionsAreKept() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("logging.verbosity", 4);
        values.set("logging.vmodule", List.of(new VmoduleRule("sync*", 6)));
        assertThat(SettingsReader.read(values, NONE, KnownModes.MODULES).logging())
                .isEqualTo(new LoggingOptions(
                        Format.TEXT, 4, List.of(new VmoduleRule("sync*", 6)), Duration.ofSeconds(5)));

        values.set("logging.format", "json");
        assertThatThrownBy(() -> SettingsReader.read(values, NONE, KnownModes.MODULES))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("logging.vmodule: works with the format text only");
        values.set("logging.vmodule", List.of());
        assertThat(SettingsReader.read(values, NONE, KnownModes.MODULES)
                        .logging()
                        .format())
                .isEqualTo(Format.JSON);
    }

    @Test
    void alphaOptionsOfLoggingAreTakenWithTheirGate() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("logging.options.text.splitStream", true);
        values.set("featureGates", Map.of("LoggingAlphaOptions", true));
        assertThat(SettingsReader.read(values, NONE, KnownModes.MODULES)
                        .featureGates()
                        .warnings())
                .isEmpty();
    }

    @Test
    void rangesOfTheClusterCountInTheirModeOnly() throws Exception {
        ConfigValues values = new ConfigValues(KnownModes.SCHEMA);
        values.set("clusterCIDR", "10.0.0.0");
        values.set("detectLocalMode", "NodeCIDR");
        assertThat(SettingsReader.read(values, NONE, KnownModes.MODULES)
                        .detectLocal()
                        .clusterCidrs())
                .isEmpty();
    }
}
