// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.sysctl.Sysctl;
import dev.sluice.testkit.rooms.RoomLaws;
import java.io.Serializable;
import org.junit.jupiter.api.Test;

/**
 * Rendering and planning are pure: they use data of the kernel's room, but no handle and nothing that can fail there.
 */
class RoomTest extends RoomLaws {

    @Test
    void plansRulesAndTracesDoNoInputOrOutput() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.sluice.ipvs.plan", "dev.sluice.ipvs.rules", "dev.sluice.ipvs.explain")
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.io..", "java.nio..", "java.net..", "org.slf4j..")
                        .and(not(type(Serializable.class)))
                        .or(belongToAnyOf(Ipvs.class, IpSets.class, Links.class, Iptables.class, Sysctl.class))
                        .or(assignableTo(KernelException.class))
                        .or(resideInAnyPackage("dev.sluice.ipvs.kernel", "dev.sluice.ipvs.sync")))
                .check(room());
    }

    @Test
    void onlyTheModuleIsPublicInTheRoot() {
        classes()
                .that()
                .resideInAPackage("dev.sluice.ipvs")
                .and()
                .areTopLevelClasses()
                .and()
                .doNotHaveSimpleName("IpvsModule")
                .and()
                .doNotHaveSimpleName("package-info")
                .should()
                .notBePublic()
                .check(room());
    }
}
