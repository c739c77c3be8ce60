// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** What the daemon reports to the cluster's users, as Kubernetes Events. */
@NullMarked
package dev.sluice.daemon.events;

import org.jspecify.annotations.NullMarked;
