// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

@NullMarked
package dev.sluice.daemon.log;

import org.jspecify.annotations.NullMarked;
