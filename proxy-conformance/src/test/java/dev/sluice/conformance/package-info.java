// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests of every behaviour with real packets and the real daemon, in every mode and family. */
@NullMarked
package dev.sluice.conformance;

import org.jspecify.annotations.NullMarked;
