// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Runs the containers of a Pod on a host of the lab by runc, with the rights and mounts that a kubelet and containerd
 * would give them.
 */
@NullMarked
package dev.sluice.testkit.container;

import org.jspecify.annotations.NullMarked;
