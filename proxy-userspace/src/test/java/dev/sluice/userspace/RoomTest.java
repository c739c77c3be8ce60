package dev.sluice.userspace;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.SetEntry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** What may not enter this room, and what its packages may know of each other. */
class RoomTest {
    private static final JavaClasses ROOM = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.userspace");

    private static final String[] PURE = {
        "dev.sluice.userspace.balance",
        "dev.sluice.userspace.config",
        "dev.sluice.userspace.explain",
        "dev.sluice.userspace.plan",
        "dev.sluice.userspace.routing",
        "dev.sluice.userspace.rules"
    };

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

    /** Rules, plans and traces are values: of the kernel they know the rule language and the shapes of sets. */
    @Test
    void renderingPlanningAndExplainingDoNoInputOrOutput() {
        classes()
                .that()
                .resideInAnyPackage(PURE)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(PURE)
                        .or(resideInAnyPackage(
                                "dev.sluice.core..", "dev.sluice.linux.rules", "org.jspecify.annotations"))
                        .or(belongToAnyOf(IpSet.class, SetEntry.class))
                        .or(equivalentTo(IpSets.SetChange.class))
                        .or(resideInAnyPackage(
                                "java.lang..", "java.util..", "java.time..", "java.nio", "java.nio.charset"))
                        .or(equivalentTo(InetAddress.class))
                        .or(equivalentTo(InetSocketAddress.class)))
                .check(ROOM);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.sluice.userspace.(*)..")
                .should()
                .beFreeOfCycles()
                .check(ROOM);
    }
}
