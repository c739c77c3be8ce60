// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import java.time.Instant;

/**
 * Why an endpoint is unhealthy by its checks.
 *
 * @param since when it became so
 * @param cause what was wrong with the last failed check
 */
public record Outage(Instant since, String cause) {}
