package dev.sluice.userspace;

import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.userspace.engine.UdpSocket;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.rules.PortRedirection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One service port in force: its plan, what the loops read, and its UDP socket with the rules that lead there. */
record ServiceState(
        PortRedirection plan, PortBalancer live, @Nullable UdpSocket udp, List<RuleLine> udpRules) {
    ServiceState {
        udpRules = List.copyOf(udpRules);
    }

    int udpPort() {
        return udp == null ? 0 : udp.port();
    }
}
