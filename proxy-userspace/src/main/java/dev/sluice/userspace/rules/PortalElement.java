// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;

/** An element of one of the sets of this mode. */
public record PortalElement(IpSet set, SetEntry entry) {}
