// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import dev.sluice.testkit.rooms.RoomLaws;
import org.junit.jupiter.api.Test;

/** Holds the daemon's line of the table of rooms. */
class RoomTest extends RoomLaws {
    @Test
    void onlyTheAssemblyKnowsTheModes() {
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.sluice\\.daemon\\.ProxyAssembly(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.iptables..", "dev.sluice.ipvs..", "dev.sluice.userspace..")
                .check(room());
    }

    @Test
    void theDaemonSaysNothingToTheKernelByItself() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.linux.netlink..")
                .check(room());
    }
}
