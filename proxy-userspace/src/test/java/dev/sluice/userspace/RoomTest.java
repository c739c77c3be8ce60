package dev.sluice.userspace;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What may not enter this room. */
class RoomTest {
    private static final JavaClasses ROOM = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.userspace");

    @Test
    void noKubernetesClientAndNoForeignFunctions() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.fabric8..", "java.lang.foreign..", "dev.sluice.kubernetes..", "dev.sluice.daemon..")
                .check(ROOM);
    }

    @Test
    void nettyStaysInTheEngine() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.userspace.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(ROOM);
    }

    @Test
    void theKernelIsSpokenToThroughInterfacesOnly() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.sluice.linux.libc..", "dev.sluice.linux.netlink..", "dev.sluice.linux.process..")
                .check(ROOM);
    }
}
