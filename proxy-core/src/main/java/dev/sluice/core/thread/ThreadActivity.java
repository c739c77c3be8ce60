// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import org.jspecify.annotations.Nullable;

/**
 * What a thread does at one moment.
 *
 * @param progress what it is busy with, null while it has nothing to do
 * @param failure the failures of its work, null when it goes well
 */
public record ThreadActivity(
        Thread thread,
        @Nullable Progress progress,
        @Nullable RepeatedFailure failure) {}
