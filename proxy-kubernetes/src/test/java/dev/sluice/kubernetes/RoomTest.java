// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.sluice.testkit.rooms.RoomLaws;

/** This module knows the sources of objects, and nothing of their use. */
@AnalyzeClasses(packages = "dev.sluice.kubernetes", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomTest extends RoomLaws {

    @ArchTest
    static final ArchRule OF_THE_CORE_ONLY_WHAT_A_SOURCE_SAYS = classes()
            .should()
            .onlyDependOnClassesThat(not(resideInAPackage("dev.sluice.core.."))
                    .or(resideInAPackage("dev.sluice.core.source"))
                    .or(resideInAPackage("dev.sluice.core.model"))
                    .or(resideInAPackage("dev.sluice.core.net"))
                    .or(resideInAPackage("dev.sluice.core.thread")));

    /** A watched object never takes the shape of fabric8's own model, which is five times as large. */
    @ArchTest
    static final ArchRule NO_FULL_MODEL =
            noClasses().should().dependOnClassesThat(resideInAPackage("io.fabric8.kubernetes.api.model.."));

    @ArchTest
    static final ArchRule FABRIC8_ONLY_BEHIND_THE_API = noClasses()
            .that()
            .resideOutsideOfPackage("dev.sluice.kubernetes.api")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8..");

    @ArchTest
    static final ArchRule PARSERS_ONLY_IN_READ = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.sluice.kubernetes.read", "dev.sluice.kubernetes.api", "dev.sluice.kubernetes.snapshot")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.snakeyaml..", "tools.jackson..");
}
