// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The benchmark of iptables mode with many Services, beside kube-proxy's way of writing rules. */
@NullMarked
package dev.sluice.bench.iptables;

import org.jspecify.annotations.NullMarked;
