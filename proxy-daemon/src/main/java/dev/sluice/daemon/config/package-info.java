// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The configuration: fields, the file, the defaults, and what they come to. */
@NullMarked
package dev.sluice.daemon.config;

import org.jspecify.annotations.NullMarked;
