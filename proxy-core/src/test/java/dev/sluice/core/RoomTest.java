// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** The core knows why, and nothing of how. The rules for every module are checked in proxy-testkit. */
@AnalyzeClasses(packages = "dev.sluice.core", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomTest {

    @ArchTest
    static final ArchRule NO_INPUT_OR_OUTPUT = noClasses()
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                            "java.nio.file..",
                            "java.nio.channels..",
                            "java.net.http..",
                            "java.lang.foreign..",
                            "java.io")
                    .and(not(type(Serializable.class))));

    @ArchTest
    static final ArchRule JDK_ADDRESSES_ONLY_WHERE_THEY_ARE_CONVERTED = noClasses()
            .that(not(resideInAPackage("dev.sluice.core.net")))
            .should()
            .dependOnClassesThat(resideInAPackage("java.net.."));

    @ArchTest
    static final ArchRule CONVERSION_NEEDS_INET_ADDRESS_ONLY = noClasses()
            .that(resideInAPackage("dev.sluice.core.net"))
            .should()
            .dependOnClassesThat(resideInAPackage("java.net..")
                    .and(not(belongToAnyOf(InetAddress.class, UnknownHostException.class))));
}
