// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The effective configuration of the proxy, whichever way it was given. */
@NullMarked
package dev.sluice.core.config;

import org.jspecify.annotations.NullMarked;
