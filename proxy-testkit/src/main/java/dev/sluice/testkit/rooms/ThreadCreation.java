// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaConstructor;
import java.util.Set;
import java.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;

/** A call that makes a thread by the means of the JDK, or lends one of the common pool. */
final class ThreadCreation extends DescribedPredicate<JavaCall<?>> {
    private static final Set<String> OF_THREAD =
            Set.of(JavaConstructor.CONSTRUCTOR_NAME, "ofPlatform", "ofVirtual", "startVirtualThread");

    ThreadCreation() {
        super("a thread is made");
    }

    @Override
    public boolean test(JavaCall<?> call) {
        AccessTarget.CodeUnitCallTarget target = call.getTarget();
        JavaClass owner = target.getOwner();
        if (owner.isEquivalentTo(Thread.class)) {
            return OF_THREAD.contains(target.getName());
        }
        if (owner.isEquivalentTo(Executors.class)
                || owner.isEquivalentTo(Timer.class)
                || owner.isEquivalentTo(ForkJoinPool.class)) {
            return true;
        }
        if (owner.isEquivalentTo(CompletableFuture.class)) {
            return target.getName().endsWith("Async") && !takes(target, Executor.class);
        }
        if (owner.isEquivalentTo(ScheduledThreadPoolExecutor.class)) {
            return target.getName().equals(JavaConstructor.CONSTRUCTOR_NAME);
        }
        return owner.isAssignableTo(ThreadPoolExecutor.class)
                && owner.getPackageName().startsWith("java.")
                && target.getName().equals(JavaConstructor.CONSTRUCTOR_NAME)
                && !takes(target, ThreadFactory.class);
    }

    private static boolean takes(AccessTarget.CodeUnitCallTarget target, Class<?> type) {
        return target.getRawParameterTypes().stream().anyMatch(parameter -> parameter.isEquivalentTo(type));
    }
}
