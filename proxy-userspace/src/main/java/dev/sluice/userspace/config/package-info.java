// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The options of this mode, with their flags, fields and defaults. Knows neither rules nor sockets. */
@NullMarked
package dev.sluice.userspace.config;

import org.jspecify.annotations.NullMarked;
