// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.testkit.rooms.RoomLaws;
import org.junit.jupiter.api.Test;

class RoomTest extends RoomLaws {
    @Test
    void renderAndDispatchDoNoIo() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.sluice.iptables.render..", "dev.sluice.iptables.dispatch..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.io..",
                        "java.net..",
                        "java.nio.file..",
                        "java.nio.channels..",
                        "org.slf4j..",
                        "dev.sluice.linux.host..",
                        "dev.sluice.linux.process..",
                        "dev.sluice.linux.route..",
                        "dev.sluice.linux.sysctl..",
                        "dev.sluice.linux.nfacct..")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Iptables.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(KernelException.class)
                .check(room());
    }

    @Test
    void renderDependsOnNoOtherPart() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.iptables.render..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.sluice.iptables.dispatch..",
                        "dev.sluice.iptables.sync..",
                        "dev.sluice.iptables.node..",
                        "dev.sluice.iptables.explain..")
                .check(room());
    }
}
