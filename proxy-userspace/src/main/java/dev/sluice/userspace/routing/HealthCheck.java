// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The check of the endpoints of a TCP service port that its Service requests.
 *
 * @param path what an HTTP check requests; null for a check that only connects
 * @param interval from the end of a check to the next one
 * @param timeout of a check, from the connect to the answer
 * @param rise passed checks in a row that make an unhealthy endpoint healthy
 * @param fall failed checks in a row that make an endpoint unhealthy
 */
public record HealthCheck(@Nullable String path, Duration interval, Duration timeout, int rise, int fall) {}
