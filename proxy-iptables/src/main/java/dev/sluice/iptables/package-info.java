// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * iptables mode: Services as chains and rules, with the names and marks of kube-proxy 1.36. {@code IptablesModule} is
 * its interface to the daemon; the packages below render rules, arrange and write them, and trace packets through them.
 */
@NullMarked
package dev.sluice.iptables;

import org.jspecify.annotations.NullMarked;
