// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.testkit.rooms.RoomLaws;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** The rules of this module besides those of all: what its packages may know of each other and of the kernel. */
class RoomTest extends RoomLaws {
    private static final String[] PURE = {
        "dev.sluice.userspace.balance",
        "dev.sluice.userspace.config",
        "dev.sluice.userspace.explain",
        "dev.sluice.userspace.plan",
        "dev.sluice.userspace.routing",
        "dev.sluice.userspace.rules"
    };

    @Test
    void nettyStaysInTheEngine() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sluice.userspace.engine..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(room());
    }

    /** Netty catches what they throw, and goes on: see {@code SupervisedLoops}. */
    @Test
    void eventLoopsSwallowNoFailureOfTheVirtualMachine() {
        classes()
                .that()
                .areAssignableTo(ChannelHandler.class)
                .should(askWhetherAFailureIsFatal())
                .check(room());
        noClasses()
                .that()
                .haveNameNotMatching(".*\\.SupervisedLoops(\\$.*)?")
                .should()
                .callMethodWhere(target(name("addListener")).and(target(owner(assignableTo(Future.class)))))
                .orShould()
                .callConstructorWhere(target(owner(assignableTo(EventLoopGroup.class)))
                        .and(not(target(owner(simpleName("SupervisedLoops"))))))
                .check(room());
    }

    /** Netty puts a whole loop to sleep for a second when a descriptor on it has thrown something. */
    @Test
    void descriptorsOnEventLoopsAreSupervised() {
        classes()
                .that()
                .areAssignableTo(EpollIoHandle.class)
                .and()
                .haveNameNotMatching(".*\\.LoopHandle\\$Supervised")
                .should()
                .beAssignableTo("dev.sluice.userspace.engine.LoopHandle")
                .check(room());
    }

    private static ArchCondition<JavaClass> askWhetherAFailureIsFatal() {
        return new ArchCondition<>("call SupervisedLoops.caught in exceptionCaught") {
            @Override
            public void check(JavaClass handler, ConditionEvents events) {
                boolean asks = handler.getMethodCallsFromSelf().stream()
                        .anyMatch(call -> call.getOrigin().getName().equals("exceptionCaught")
                                && call.getName().equals("caught")
                                && call.getTargetOwner().getSimpleName().equals("SupervisedLoops"));
                events.add(new SimpleConditionEvent(handler, asks, handler.getName()));
            }
        };
    }

    @Test
    void theKernelIsSpokenToThroughInterfacesOnly() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.sluice.linux.libc..", "dev.sluice.linux.netlink..", "dev.sluice.linux.process..")
                .check(room());
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
                .check(room());
    }
}
