// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue;

import dev.sluice.conformance.catalogue.common.AddressOwnerScenarios;
import dev.sluice.conformance.catalogue.common.AffinityDetailScenarios;
import dev.sluice.conformance.catalogue.common.AffinityScenarios;
import dev.sluice.conformance.catalogue.common.BadInputScenarios;
import dev.sluice.conformance.catalogue.common.ClusterIpScenarios;
import dev.sluice.conformance.catalogue.common.ConntrackRestartScenarios;
import dev.sluice.conformance.catalogue.common.ConntrackScenarios;
import dev.sluice.conformance.catalogue.common.DualStackScenarios;
import dev.sluice.conformance.catalogue.common.EndpointScenarios;
import dev.sluice.conformance.catalogue.common.HostFirewallScenarios;
import dev.sluice.conformance.catalogue.common.HostNetworkScenarios;
import dev.sluice.conformance.catalogue.common.ManyClientsScenarios;
import dev.sluice.conformance.catalogue.common.NodePortScenarios;
import dev.sluice.conformance.catalogue.common.OutsideAddressScenarios;
import dev.sluice.conformance.catalogue.common.PacketScenarios;
import dev.sluice.conformance.catalogue.common.PolicyScenarios;
import dev.sluice.conformance.catalogue.common.SavedInputScenarios;
import dev.sluice.conformance.catalogue.common.SctpScenarios;
import dev.sluice.conformance.catalogue.common.SelectionScenarios;
import dev.sluice.conformance.catalogue.common.SourceAddressScenarios;
import dev.sluice.conformance.catalogue.common.SourceRangeScenarios;
import dev.sluice.conformance.catalogue.common.TopologyScenarios;
import dev.sluice.conformance.catalogue.common.UdpPolicyScenarios;
import dev.sluice.conformance.catalogue.common.UdpScenarios;
import dev.sluice.conformance.catalogue.daemon.CommandScenarios;
import dev.sluice.conformance.catalogue.daemon.ContainerScenarios;
import dev.sluice.conformance.catalogue.daemon.DaemonScenarios;
import dev.sluice.conformance.catalogue.daemon.EligibilityScenarios;
import dev.sluice.conformance.catalogue.daemon.ExplainScenarios;
import dev.sluice.conformance.catalogue.daemon.HandBackScenarios;
import dev.sluice.conformance.catalogue.daemon.HealthPortScenarios;
import dev.sluice.conformance.catalogue.daemon.LeftoverScenarios;
import dev.sluice.conformance.catalogue.daemon.MetricScenarios;
import dev.sluice.conformance.catalogue.daemon.RestartScenarios;
import dev.sluice.conformance.catalogue.daemon.SecondProxyScenarios;
import dev.sluice.conformance.catalogue.daemon.SnapshotScenarios;
import dev.sluice.conformance.catalogue.iptables.CounterScenarios;
import dev.sluice.conformance.catalogue.iptables.DispatchTreeScenarios;
import dev.sluice.conformance.catalogue.iptables.GapScenarios;
import dev.sluice.conformance.catalogue.iptables.IptablesScenarios;
import dev.sluice.conformance.catalogue.iptables.RepairScenarios;
import dev.sluice.conformance.catalogue.iptables.RestoreScenarios;
import dev.sluice.conformance.catalogue.ipvs.IpvsDetailScenarios;
import dev.sluice.conformance.catalogue.ipvs.IpvsDriftScenarios;
import dev.sluice.conformance.catalogue.ipvs.IpvsForeignScenarios;
import dev.sluice.conformance.catalogue.ipvs.IpvsScenarios;
import dev.sluice.conformance.catalogue.ipvs.SchedulerChoiceScenarios;
import dev.sluice.conformance.catalogue.ipvs.SchedulerScenarios;
import dev.sluice.conformance.catalogue.ipvs.TrafficCounterScenarios;
import dev.sluice.conformance.catalogue.nftables.LocalhostScenarios;
import dev.sluice.conformance.catalogue.nftables.NftablesChoiceScenarios;
import dev.sluice.conformance.catalogue.nftables.NftablesRepairScenarios;
import dev.sluice.conformance.catalogue.nftables.NftablesScenarios;
import dev.sluice.conformance.catalogue.nftables.ServiceRangeScenarios;
import dev.sluice.conformance.catalogue.userspace.ClientSourceFaultScenarios;
import dev.sluice.conformance.catalogue.userspace.HandoverScenarios;
import dev.sluice.conformance.catalogue.userspace.HealthCheckScenarios;
import dev.sluice.conformance.catalogue.userspace.HostilePeerScenarios;
import dev.sluice.conformance.catalogue.userspace.LoopScenarios;
import dev.sluice.conformance.catalogue.userspace.ProxyProtocolScenarios;
import dev.sluice.conformance.catalogue.userspace.UserspaceChoiceScenarios;
import dev.sluice.conformance.catalogue.userspace.UserspaceDetailScenarios;
import dev.sluice.conformance.catalogue.userspace.UserspaceLimitScenarios;
import dev.sluice.conformance.catalogue.userspace.UserspaceScenarios;
import dev.sluice.conformance.scenario.Scenario;
import java.util.List;
import java.util.stream.Stream;

/** All scenarios. */
public final class Catalogue {
    private Catalogue() {}

    public static List<Scenario> all() {
        return Stream.of(
                        SelectionScenarios.all(),
                        ClusterIpScenarios.all(),
                        EndpointScenarios.all(),
                        PolicyScenarios.all(),
                        TopologyScenarios.all(),
                        NodePortScenarios.all(),
                        OutsideAddressScenarios.all(),
                        AddressOwnerScenarios.all(),
                        SourceAddressScenarios.all(),
                        SourceRangeScenarios.all(),
                        HostFirewallScenarios.all(),
                        HostNetworkScenarios.all(),
                        AffinityScenarios.all(),
                        AffinityDetailScenarios.all(),
                        ManyClientsScenarios.all(),
                        PacketScenarios.all(),
                        UdpScenarios.all(),
                        UdpPolicyScenarios.all(),
                        RestoreScenarios.all(),
                        BadInputScenarios.all(),
                        SavedInputScenarios.all(),
                        ConntrackRestartScenarios.all(),
                        ConntrackScenarios.all(),
                        CounterScenarios.all(),
                        TrafficCounterScenarios.all(),
                        DualStackScenarios.all(),
                        IptablesScenarios.all(),
                        DispatchTreeScenarios.all(),
                        IpvsScenarios.all(),
                        IpvsDetailScenarios.all(),
                        IpvsDriftScenarios.all(),
                        IpvsForeignScenarios.all(),
                        SchedulerScenarios.all(),
                        SchedulerChoiceScenarios.all(),
                        SctpScenarios.all(),
                        NftablesScenarios.all(),
                        LocalhostScenarios.all(),
                        ServiceRangeScenarios.all(),
                        NftablesRepairScenarios.all(),
                        NftablesChoiceScenarios.all(),
                        UserspaceScenarios.all(),
                        UserspaceDetailScenarios.all(),
                        UserspaceChoiceScenarios.all(),
                        UserspaceLimitScenarios.all(),
                        HealthCheckScenarios.all(),
                        ClientSourceFaultScenarios.all(),
                        LoopScenarios.all(),
                        ProxyProtocolScenarios.all(),
                        HostilePeerScenarios.all(),
                        HealthPortScenarios.all(),
                        ExplainScenarios.all(),
                        DaemonScenarios.all(),
                        CommandScenarios.all(),
                        ContainerScenarios.all(),
                        EligibilityScenarios.all(),
                        MetricScenarios.all(),
                        HandBackScenarios.all(),
                        LeftoverScenarios.all(),
                        RestartScenarios.all(),
                        SecondProxyScenarios.all(),
                        SnapshotScenarios.all(),
                        HandoverScenarios.all(),
                        RepairScenarios.all(),
                        GapScenarios.all())
                .flatMap(List::stream)
                .toList();
    }
}
