// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The benchmark of nftables mode with many Services, beside {@code nft} with kube-proxy's table and iptables mode. */
@NullMarked
package dev.sluice.bench.nftables;

import org.jspecify.annotations.NullMarked;
