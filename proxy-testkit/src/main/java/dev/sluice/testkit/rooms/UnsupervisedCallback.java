// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** A call that gives a stage something to run when it completes. */
final class UnsupervisedCallback extends DescribedPredicate<JavaCall<?>> {
    private static final Set<String> CALLBACKS = Set.of("whenComplete", "handle", "runAfterBoth", "runAfterEither");

    UnsupervisedCallback() {
        super("a stage gets a callback");
    }

    @Override
    public boolean test(JavaCall<?> call) {
        String name = call.getTarget().getName();
        return call.getTarget().getOwner().isAssignableTo(CompletionStage.class)
                && (CALLBACKS.contains(name)
                        || name.startsWith("then")
                        || name.startsWith("accept")
                        || name.startsWith("apply")
                        || name.startsWith("exceptionally"));
    }
}
