package dev.sluice.daemon;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Holds the daemon's line of the table of rooms. */
class RoomTest {
    private final JavaClasses daemon = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.daemon");

    @Test
    void onlyTheAssemblyAndItsPartsKnowTheModes() {
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.sluice\\.daemon\\.(ProxyAssembly|UserspaceMode|Leftovers)(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.iptables..", "dev.sluice.ipvs..", "dev.sluice.userspace.rules..")
                .check(daemon);
    }

    @Test
    void theDaemonSaysNothingToTheKernelByItself() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.lang.foreign..", "io.netty..", "dev.sluice.linux.netlink..")
                .check(daemon);
    }

    @Test
    void theTestkitStaysOutOfProduction() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.testkit..", "org.junit..", "org.mockito..")
                .check(daemon);
    }
}
