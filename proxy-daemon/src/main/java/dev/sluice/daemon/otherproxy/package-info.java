// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The one proxy of a network namespace: the lock that it holds, the recognition of a running kube-proxy, and the wait
 * for either to end. Reads, and never touches, what another proxy has made.
 */
@NullMarked
package dev.sluice.daemon.otherproxy;

import org.jspecify.annotations.NullMarked;
