// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Named packet counters of the kernel ("nfacct") over nfnetlink. */
@NullMarked
package dev.sluice.linux.nfacct;

import org.jspecify.annotations.NullMarked;
