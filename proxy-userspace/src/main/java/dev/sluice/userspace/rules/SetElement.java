package dev.sluice.userspace.rules;

import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;

/** An entry with the set that holds it. */
public record SetElement(IpSet set, SetEntry entry) {}
