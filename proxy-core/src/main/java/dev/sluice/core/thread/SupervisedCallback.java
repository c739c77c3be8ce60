// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What runs when a stage completes. A failure of it is logged, and ends the process if it is fatal: the JDK keeps it in
 * another stage, which nobody reads.
 */
@FunctionalInterface
public interface SupervisedCallback<T> {
    /** One of the two is null, or both. */
    void completed(@Nullable T value, @Nullable Throwable failure);

    /** Runs {@code callback} when {@code stage} completes; its failure, too, ends the process if it is fatal. */
    static <T> void when(CompletionStage<T> stage, SupervisedCallback<T> callback) {
        var _ = stage.whenComplete((value, failure) -> {
            try {
                if (failure != null) {
                    ProcessEnd.ifFatal(failure);
                }
                callback.completed(value, failure);
            } catch (Throwable e) {
                ProcessEnd.ifFatal(e);
                SupervisedThread.failed(Thread.currentThread().getName(), e);
            }
        });
    }
}
