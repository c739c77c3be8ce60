// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The desired objects of each service port, the applied ones, and the commands that make one the other. No I/O. */
@NullMarked
package dev.sluice.ipvs.plan;

import org.jspecify.annotations.NullMarked;
