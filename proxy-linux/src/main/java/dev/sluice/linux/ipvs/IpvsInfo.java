// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

/** The kernel's IPVS version ({@code 0x010201} is 1.2.1) and the size of its connection table. */
public record IpvsInfo(int version, int connectionTableSize) {}
