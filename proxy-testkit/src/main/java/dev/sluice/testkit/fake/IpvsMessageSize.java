package dev.sluice.testkit.fake;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteDestination;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteService;
import dev.sluice.linux.ipvs.IpvsCommand.NewDestination;
import dev.sluice.linux.ipvs.IpvsCommand.NewService;
import dev.sluice.linux.ipvs.IpvsCommand.SetDestination;
import dev.sluice.linux.ipvs.IpvsCommand.SetService;
import dev.sluice.linux.ipvs.VirtualServer;
import java.nio.charset.StandardCharsets;

/** How many bytes a command takes as a generic netlink message (include/uapi/linux/ip_vs.h). */
final class IpvsMessageSize {
    private static final int HEADERS = 16 + 4;
    private static final int NEST = 4;
    private static final int NUMBER = 8;

    private IpvsMessageSize() {}

    static int of(IpvsCommand command) {
        IpFamily family = command.service().family();
        return switch (command) {
            case NewService c -> HEADERS + key(family) + settings(c.server());
            case SetService c -> HEADERS + key(family) + settings(c.server());
            case DeleteService c -> HEADERS + key(family);
            case NewDestination c -> HEADERS + key(family) + NEST + address(family) + 5 * NUMBER;
            case SetDestination c -> HEADERS + key(family) + NEST + address(family) + 5 * NUMBER;
            case DeleteDestination c -> HEADERS + key(family) + NEST + address(family) + NUMBER;
        };
    }

    private static int key(IpFamily family) {
        return NEST + 3 * NUMBER + address(family);
    }

    private static int address(IpFamily family) {
        return 4 + family.bits() / 8;
    }

    private static int settings(VirtualServer server) {
        int name = server.scheduler().getBytes(StandardCharsets.US_ASCII).length + 1;
        return 4 + (name + 3) / 4 * 4 + 12 + 2 * NUMBER;
    }
}
