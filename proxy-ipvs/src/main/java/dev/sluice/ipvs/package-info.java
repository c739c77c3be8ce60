// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * ipvs mode: virtual servers and real servers of the kernel, and the few rules and sets beside them. The packages below
 * plan, write, reconcile and explain; this one joins them to the module that the daemon sees.
 */
@NullMarked
package dev.sluice.ipvs;

import org.jspecify.annotations.NullMarked;
