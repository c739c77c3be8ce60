// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** A node under traffic that goes from kube-proxy to Sluice and back: what each step costs connections. */
@NullMarked
package dev.sluice.drills.handback;

import org.jspecify.annotations.NullMarked;
