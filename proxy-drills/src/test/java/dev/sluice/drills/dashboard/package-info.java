// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests of the drawing of dashboards. */
@NullMarked
package dev.sluice.drills.dashboard;

import org.jspecify.annotations.NullMarked;
