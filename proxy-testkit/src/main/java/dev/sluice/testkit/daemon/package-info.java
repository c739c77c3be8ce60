// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The real daemon process, started on a host of the lab. */
@NullMarked
package dev.sluice.testkit.daemon;

import org.jspecify.annotations.NullMarked;
