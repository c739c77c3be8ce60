// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditVirtualServer;
import dev.sluice.linux.ipvs.VirtualServer;
import java.nio.charset.StandardCharsets;

/** The size of a command as a generic netlink message (include/uapi/linux/ip_vs.h), in bytes. */
final class IpvsMessageSize {
    private static final int HEADERS = 16 + 4;
    private static final int NEST = 4;
    private static final int NUMBER = 8;

    private IpvsMessageSize() {}

    static int of(IpvsCommand command) {
        IpFamily family = command.virtualServer().family();
        return switch (command) {
            case AddVirtualServer c -> HEADERS + key(family) + settings(c.server());
            case EditVirtualServer c -> HEADERS + key(family) + settings(c.server());
            case DeleteVirtualServer c -> HEADERS + key(family);
            case AddRealServer c -> HEADERS + key(family) + NEST + address(family) + 5 * NUMBER;
            case EditRealServer c -> HEADERS + key(family) + NEST + address(family) + 5 * NUMBER;
            case DeleteRealServer c -> HEADERS + key(family) + NEST + address(family) + NUMBER;
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
