// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Userspace mode: an epoll proxy in this process, and the rules and sets that lead Service traffic to it. The packages
 * below render, plan, apply, carry and explain; this one joins them to the module that the daemon sees.
 */
@NullMarked
package dev.sluice.userspace;

import org.jspecify.annotations.NullMarked;
