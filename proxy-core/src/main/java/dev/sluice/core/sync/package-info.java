// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The sync loop: from a change to the backend that every mode implements. Knows no mode and does no I/O. */
@NullMarked
package dev.sluice.core.sync;

import org.jspecify.annotations.NullMarked;
