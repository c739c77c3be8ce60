package dev.sluice.userspace;

import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.userspace.engine.UdpSocket;
import dev.sluice.userspace.routing.LiveService;
import dev.sluice.userspace.rules.ServicePlan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One service port in force: its plan, what the loops read, and its UDP socket with the rules that lead there. */
record ServiceState(
        ServicePlan plan, LiveService live, @Nullable UdpSocket udp, List<RuleLine> udpRules) {
    ServiceState {
        udpRules = List.copyOf(udpRules);
    }

    int udpPort() {
        return udp == null ? 0 : udp.port();
    }
}
