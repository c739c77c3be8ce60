package dev.sluice.iptables;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import org.junit.jupiter.api.Test;

/** The walls around this room and within it. */
class IptablesRoomTest {
    private static final JavaClasses ROOM = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.iptables");

    @Test
    void noKubernetesClientNoNettyAndNoForeignFunctions() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.fabric8..",
                        "io.netty..",
                        "java.lang.foreign..",
                        "dev.sluice.kubernetes..",
                        "dev.sluice.daemon..")
                .check(ROOM);
    }

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
                .check(ROOM);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.sluice.iptables.(*)..").should().beFreeOfCycles().check(ROOM);
    }

    @Test
    void renderKnowsNoOtherPackage() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.iptables.render..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.sluice.iptables",
                        "dev.sluice.iptables.dispatch..",
                        "dev.sluice.iptables.sync..",
                        "dev.sluice.iptables.node..",
                        "dev.sluice.iptables.explain..")
                .check(ROOM);
    }
}
