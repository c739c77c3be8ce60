// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import java.time.Instant;
import java.util.List;

/** A part of the daemon that knows what is wrong with it. */
@FunctionalInterface
public interface ProblemSource {
    /** The problems at {@code now}; asked for each page, so it must not block. */
    List<HealthProblem> problems(Instant now);
}
