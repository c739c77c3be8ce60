// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterEvent.EndpointSliceDeleted;
import dev.sluice.core.source.ClusterEvent.Listed;
import dev.sluice.core.source.ClusterEvent.NodeUpdated;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.NodeObject;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.Settings.ConntrackSettings;
import dev.sluice.daemon.config.Settings.DetectLocal;
import dev.sluice.daemon.config.Settings.DetectLocalMode;
import dev.sluice.linux.sysctl.Sysctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartTest {
    private static final NodeObject NODE = new NodeObject(
            "node-a", "", List.of("10.0.0.1"), List.of(), List.of("10.244.1.0/24", "fd00:1::/64"), List.of(), false);

    private final Sysctl sysctl = mock(Sysctl.class);

    @TempDir
    Path dir;

    @Test
    void whatComesBeforeTheNodeIsHandedOnInOrder() throws Exception {
        NodeGate first = new NodeGate();
        first.accept(new EndpointSliceDeleted("shop", "web-1"));
        first.accept(new NodeUpdated(NODE));
        first.accept(new Listed(ResourceKind.NODE));
        assertThat(first.await(_ -> true, Duration.ofSeconds(10))).contains(NODE);
        List<ClusterEvent> passed = new ArrayList<>();
        first.release(passed::add);
        first.accept(new Listed(ResourceKind.SERVICE));
        assertThat(passed)
                .containsExactly(
                        new EndpointSliceDeleted("shop", "web-1"),
                        new NodeUpdated(NODE),
                        new Listed(ResourceKind.NODE),
                        new Listed(ResourceKind.SERVICE));
    }

    @Test
    void whatBelongsTogetherStaysTogether() {
        List<ClusterEvent> pair = List.of(new NodeUpdated(NODE), new Listed(ResourceKind.NODE));
        List<List<ClusterEvent>> passed = new ArrayList<>();
        NodeGate gate = new NodeGate();
        gate.acceptAll(pair);
        gate.release(new ClusterListener() {
            @Override
            public void accept(ClusterEvent event) {
                passed.add(List.of(event));
            }

            @Override
            public void acceptAll(List<ClusterEvent> events) {
                passed.add(List.copyOf(events));
            }
        });
        gate.acceptAll(pair);
        assertThat(passed).containsExactly(pair, pair);
    }

    @Test
    void aListWithoutTheNodeEndsTheWait() throws Exception {
        NodeGate first = new NodeGate();
        first.accept(new Listed(ResourceKind.NODE));
        assertThat(first.await(_ -> true, Duration.ofMinutes(1))).isEmpty();
    }

    @Test
    void anUnfinishedNodeIsWaitedForNoLongerThanAllowed() throws Exception {
        NodeGate first = new NodeGate();
        first.accept(new NodeUpdated(NODE));
        assertThat(first.await(_ -> false, Duration.ofMillis(20))).contains(NODE);
    }

    @ParameterizedTest
    @CsvSource({"32768, 4, 131072", "32768, 8, 262144", "32768, 64, 1048576", "0, 4, 0"})
    void theConntrackLimitScalesWithTheCpus(int perCore, int cpus, int limit) {
        ConntrackSysctls conntrack = new ConntrackSysctls(sysctl, dir, cpus);
        assertThat(conntrack.mostTracked(settings(perCore, Duration.ZERO))).isEqualTo(limit);
    }

    @Test
    void theHashTableIsRaisedToAQuarterOfTheLimit() throws Exception {
        Path hashSize = Files.writeString(dir.resolve("hashsize"), "100\n");
        new ConntrackSysctls(sysctl, hashSize, 4).apply(settings(32768, Duration.ofHours(24)));
        assertThat(hashSize).hasContent("32768");
        verify(sysctl).set("net.netfilter.nf_conntrack_max", "131072");
        verify(sysctl).set("net.netfilter.nf_conntrack_tcp_timeout_established", "86400");
    }

    @Test
    void nothingIsTouchedWhereTheSettingsSayLeaveAlone() throws Exception {
        new ConntrackSysctls(sysctl, dir, 4).apply(settings(0, Duration.ZERO));
        verify(sysctl, never()).set(anyString(), anyString());
    }

    @Test
    void aSysctlThatIsRefusedNamesTheFlag() throws Exception {
        when(sysctl.set(eq("net.netfilter.nf_conntrack_max"), any()))
                .thenThrow(new IOException("Read-only file system"));
        assertThatThrownBy(() -> new ConntrackSysctls(sysctl, dir, 4).apply(settings(32768, Duration.ZERO)))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("Read-only file system")
                .hasMessageContaining("--conntrack-max-per-core=0");
    }

    @Test
    void aProcessWithoutNetAdminIsToldHowToGetIt() {
        assertThat(Privileges.missing("Name:\tjava\nCapEff:\t00000000a80425fb\n"))
                .hasValueSatisfying(text -> assertThat(text).contains("CAP_NET_ADMIN", "NET_ADMIN"));
        assertThat(Privileges.missing("CapEff:\t0000000000001000\n")).isEmpty();
    }

    @Test
    void aFamilyWithoutIptablesIsLeftOutUnlessItIsPrimary() throws Exception {
        when(sysctl.read(anyString())).thenReturn(Optional.of("0"));
        FamilySupport support = new FamilySupport(
                sysctl, family -> family == IpFamily.IPV4 ? Optional.empty() : Optional.of("ip6tables is missing"));
        assertThat(served(IpFamily.IPV4, support)).containsExactly(IpFamily.IPV4);
        assertThatThrownBy(() -> served(IpFamily.IPV6, support))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("ip6tables is missing");
    }

    @Test
    void ipv6ThatIsSwitchedOffIsLeftOut() throws Exception {
        when(sysctl.read("net.ipv6.conf.all.disable_ipv6")).thenReturn(Optional.of("1"));
        FamilySupport support = new FamilySupport(sysctl, _ -> Optional.empty());
        assertThat(served(IpFamily.IPV4, support)).containsExactly(IpFamily.IPV4);
    }

    private static Set<IpFamily> served(IpFamily primary, FamilySupport support) throws ConfigException {
        return FamilySupport.served(primary, support.problems());
    }

    @Test
    void eachDetectModeHasItsDetector() {
        List<Cidr> cluster = List.of(Cidr.of("10.244.0.0/16"));
        assertThat(detector(DetectLocalMode.CLUSTER_CIDR, cluster, IpFamily.IPV4))
                .isEqualTo(new LocalDetector.SourceCidr(Cidr.of("10.244.0.0/16")));
        assertThat(detector(DetectLocalMode.CLUSTER_CIDR, cluster, IpFamily.IPV6))
                .isEqualTo(new LocalDetector.None());
        assertThat(detector(DetectLocalMode.NODE_CIDR, List.of(), IpFamily.IPV6))
                .isEqualTo(new LocalDetector.SourceCidr(Cidr.of("fd00:1::/64")));
        assertThat(detector(DetectLocalMode.BRIDGE_INTERFACE, List.of(), IpFamily.IPV4))
                .isEqualTo(new LocalDetector.Bridge("cbr0"));
        assertThat(detector(DetectLocalMode.INTERFACE_NAME_PREFIX, List.of(), IpFamily.IPV6))
                .isEqualTo(new LocalDetector.InterfacePrefix("veth"));
    }

    private static LocalDetector detector(DetectLocalMode mode, List<Cidr> cluster, IpFamily family) {
        return LocalDetectors.of(new DetectLocal(mode, cluster, "cbr0", "veth"), family, Optional.of(NODE));
    }

    private static ConntrackSettings settings(int perCore, Duration established) {
        return new ConntrackSettings(perCore, 131072, established, Duration.ZERO, false, Duration.ZERO, Duration.ZERO);
    }
}
