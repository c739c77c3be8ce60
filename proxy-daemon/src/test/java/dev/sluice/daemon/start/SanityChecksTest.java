// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.daemon.cli.CommandLineParser;
import dev.sluice.daemon.cli.Invocation;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.KnownModes;
import dev.sluice.daemon.config.SettingsReader;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SanityChecksTest {
    private static final Set<IpFamily> BOTH = Set.of(IpFamily.IPV4, IpFamily.IPV6);
    private static final Set<IpFamily> IPV4 = Set.of(IpFamily.IPV4);
    private static final String RANGES = "--nodeport-addresses=primary";

    @ParameterizedTest
    @ValueSource(strings = {RANGES, "--nodeport-addresses=10.0.0.0/8,fd00::/64"})
    void whatFitsIsNotWarnedOf(String flag) throws Exception {
        assertThat(warnings(BOTH, flag, "--cluster-cidr=10.244.0.0/16,fd00::/56", "--metrics-bind-address=[::1]:1"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--proxy-mode=iptables | nodePortAddresses is not set | --nodeport-addresses=primary",
                "--nodeport-addresses=10.0.0.0/8 | has ranges of IPv4 only | add a range of IPv6",
                "--nodeport-addresses=fd00::/64 | has no range of IPv4 | add one",
            })
    void rangesOfNodePortsThatLeaveAFamilyOpen(String flag, String problem, String remedy) throws Exception {
        assertThat(warnings(BOTH, flag)).singleElement().asString().contains(problem, remedy);
    }

    @Test
    void clusterRangesOfTheOtherFamilyAreFatalWhereThereIsOneFamily() throws Exception {
        assertThat(warnings(BOTH, RANGES, "--cluster-cidr=fd00::/56"))
                .singleElement()
                .asString()
                .contains("clusterCIDR (--cluster-cidr) has no range of IPv4");
        assertThatThrownBy(() -> warnings(IPV4, RANGES, "--cluster-cidr=fd00::/56"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--cluster-cidr");
    }

    @Test
    void podRangesOfTheOtherFamilyAreFatalWhereTheyCount() throws Exception {
        NodeObject node =
                new NodeObject("node-a", "", List.of("10.0.0.1"), List.of(), List.of("fd00:1::/64"), List.of(), false);
        assertThat(warnings(BOTH, Optional.of(node), RANGES))
                .singleElement()
                .asString()
                .contains("spec.podCIDRs has no range of IPv4");
        assertThatThrownBy(() -> warnings(BOTH, Optional.of(node), RANGES, "--detect-local-mode=NodeCIDR"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("spec.podCIDRs")
                .hasMessageContaining("--detect-local-mode");
    }

    @Test
    void addressesOfTheOtherFamilyAreOddWhereThereIsOneFamily() throws Exception {
        assertThat(warnings(
                        IPV4,
                        RANGES,
                        "--proxy-mode=ipvs",
                        "--ipvs-exclude-cidrs=fd00::/64",
                        "--healthz-bind-address=[::]:10256",
                        "--metrics-bind-address=[::1]:10249"))
                .hasSize(2)
                .anySatisfy(w -> assertThat(w).contains("metricsBindAddress", "IPv6", "take one of IPv4"))
                .anySatisfy(w -> assertThat(w).contains("ipvs.excludeCIDRs", "leave it out"));
    }

    private static List<String> warnings(Set<IpFamily> served, String... flags) throws ConfigException {
        return warnings(served, Optional.empty(), flags);
    }

    private static List<String> warnings(Set<IpFamily> served, Optional<NodeObject> node, String... flags)
            throws ConfigException {
        Invocation call = new CommandLineParser(KnownModes.SCHEMA).parse(flags);
        return new SanityChecks(
                        SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES),
                        IpFamily.IPV4,
                        served,
                        node)
                .check();
    }
}
