// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Creates, fills and reads IP sets over nfnetlink; knows nothing of the rules that look them up. */
@NullMarked
package dev.sluice.linux.ipset;

import org.jspecify.annotations.NullMarked;
