// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Tests. */
@NullMarked
package dev.sluice.kubernetes.api.reflector;

import org.jspecify.annotations.NullMarked;
