// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.sluice.core.config.LocalDetector;

/** What this module may contain, and where. */
@AnalyzeClasses(packages = "dev.sluice.linux", importOptions = ImportOption.DoNotIncludeTests.class)
final class RoomTest {

    @ArchTest
    static final ArchRule NATIVE_CALLS_ONLY_IN_LIBC = noClasses()
            .that()
            .resideOutsideOfPackage("dev.sluice.linux.libc")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.lang.foreign..");

    @ArchTest
    static final ArchRule NO_FOREIGN_LIBRARY = classes()
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                            "java..",
                            "org.slf4j..",
                            "org.jspecify..",
                            "dev.sluice.linux..",
                            "dev.sluice.core.net..",
                            "dev.sluice.core.kernel..",
                            "dev.sluice.core.thread..",
                            "dev.sluice.core.trace..")
                    .or(belongToAnyOf(LocalDetector.class)));

    @ArchTest
    static final ArchRule NO_KUBERNETES_WORDS =
            noClasses().should().haveNameMatching(".*\\.(Kube(?!Chains)|Pod|Endpoint|ClusterIp|NodePort).*");
}
