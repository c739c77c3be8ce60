// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.Logger;

/**
 * The laws of every room: it uses only what its row of the {@link RoomTable} names, and is built as the other rooms
 * are. The test of a room extends this class and adds the room's own laws.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class RoomLaws {
    /** The rooms whose threads run in the daemon. */
    private static final Set<String> OF_THE_DAEMON =
            Set.of("core", "linux", "kubernetes", "iptables", "ipvs", "nftables", "userspace", "daemon");

    private final String name;
    private final String root;
    private final JavaClasses room;

    /** The laws of the room {@code dev.sluice.ROOM}, the package of the subclass. */
    protected RoomLaws() {
        name = getClass().getPackageName().replace("dev.sluice.", "");
        root = "dev.sluice." + name;
        room = classesOf(root);
    }

    /** The laws of a room that cannot use the kit because the kit uses it, e.g. {@code linux}. */
    protected RoomLaws(String room) {
        name = room;
        root = "dev.sluice." + room;
        this.room = classesOf(root);
    }

    private static JavaClasses classesOf(String root) {
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(root);
    }

    /** The classes of the room, without its tests. */
    protected final JavaClasses room() {
        return room;
    }

    @Test
    void usesOnlyWhatItsRowNames() {
        RoomTable.Row row = RoomTable.read().row(name);
        DescribedPredicate<JavaClass> allowed = resideInAnyPackage("java..", "org.slf4j..", "org.jspecify.annotations")
                .or(resideInAPackage(root + ".."));
        for (String other : row.rooms()) {
            allowed = allowed.or(resideInAPackage("dev.sluice." + other + ".."));
        }
        for (Library library : Library.values()) {
            allowed = row.libraries().contains(library)
                    ? allowed.or(library.classes())
                    : allowed.and(not(library.classes()));
        }
        classes()
                .should()
                .onlyDependOnClassesThat(allowed.as("the row of proxy-%s in docs/architecture.md names", name))
                .check(room);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(root + ".(*)..")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(true)
                .check(room);
    }

    @Test
    void everyPackageIsNullMarkedAndSaysWhatItKnows() throws ClassNotFoundException {
        Set<String> packages = new TreeSet<>();
        room.forEach(c -> packages.add(c.getPackageName()));
        for (String each : packages) {
            assertThat(Class.forName(each + ".package-info").isAnnotationPresent(NullMarked.class))
                    .as("%s is @NullMarked in its package-info.java", each)
                    .isTrue();
        }
    }

    /** A thread made elsewhere can end without a word, and leave a process that looks alive. */
    @Test
    void threadsAreSupervised() {
        if (!OF_THE_DAEMON.contains(name)) {
            return;
        }
        noClasses()
                .that(not(resideInAPackage("dev.sluice.core.thread")))
                .should()
                .callCodeUnitWhere(new ThreadCreation())
                .check(room);
    }

    /** Nothing can be relied on after a failure of the virtual machine: whoever may catch one asks whether it is. */
    @Test
    void failuresOfTheVirtualMachineAreNotSwallowed() throws IOException {
        if (!OF_THE_DAEMON.contains(name)) {
            return;
        }
        assertThat(CaughtFailures.of(name)).isEmpty();
        noClasses()
                .that(not(resideInAPackage("dev.sluice.core.thread")))
                .should()
                .callCodeUnitWhere(new UnsupervisedCallback())
                .because("the JDK keeps the failure of a callback in a future that nobody reads")
                .check(room);
    }

    @Test
    void loggersAreCalledLog() {
        fields().that()
                .haveRawType(Logger.class)
                .and()
                .areStatic()
                .should()
                .haveName("LOG")
                .andShould()
                .bePrivate()
                .allowEmptyShould(true)
                .check(room);
    }

    @Test
    void namesSayWhatAClassIs() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .check(room);
    }
}
