// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Talks to the Linux kernel and to its tools. Nothing here knows of Kubernetes. */
@NullMarked
package dev.sluice.linux;

import org.jspecify.annotations.NullMarked;
