package dev.sluice.conformance.catalogue;

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
                        SourceRangeScenarios.all(),
                        AffinityScenarios.all(),
                        AffinityDetailScenarios.all(),
                        PacketScenarios.all(),
                        UdpScenarios.all(),
                        RestoreScenarios.all(),
                        BadInputScenarios.all(),
                        FlowRestartScenarios.all(),
                        FlowScenarios.all(),
                        CounterScenarios.all(),
                        TrafficScenarios.all(),
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
                        UserspaceScenarios.all(),
                        UserspaceDetailScenarios.all(),
                        UserspaceChoiceScenarios.all(),
                        UserspaceLimitScenarios.all(),
                        ProxyProtocolScenarios.all(),
                        HostilePeerScenarios.all(),
                        HealthPortScenarios.all(),
                        ExplainScenarios.all(),
                        DaemonScenarios.all(),
                        CommandScenarios.all(),
                        EligibilityScenarios.all(),
                        MetricScenarios.all(),
                        TakeoverScenarios.all(),
                        RestartScenarios.all(),
                        SuccessionScenarios.all(),
                        RepairScenarios.all(),
                        GapScenarios.all())
                .flatMap(List::stream)
                .toList();
    }
}
