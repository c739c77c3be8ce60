// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** Reads and changes IPVS virtual and real servers over generic netlink; knows no Services. */
@NullMarked
package dev.sluice.linux.ipvs;

import org.jspecify.annotations.NullMarked;
