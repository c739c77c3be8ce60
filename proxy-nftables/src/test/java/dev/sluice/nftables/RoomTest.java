// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.route.Links;
import dev.sluice.testkit.rooms.RoomLaws;
import java.io.Serializable;
import org.junit.jupiter.api.Test;

/** Layout and plans are pure: they use data of the kernel's room, but no handle and nothing that can fail there. */
class RoomTest extends RoomLaws {
    @Test
    void layoutAndPlansDoNoInputOrOutput() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.sluice.nftables.plan", "dev.sluice.nftables.layout")
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.io..", "java.net..", "org.slf4j..")
                        .and(not(type(Serializable.class)))
                        .or(belongToAnyOf(Nftables.class, Links.class))
                        .or(assignableTo(KernelException.class))
                        .or(resideInAnyPackage("dev.sluice.nftables.sync")))
                .check(room());
    }
}
