// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.VirtualServerKey;
import org.jspecify.annotations.Nullable;

/** An element of one of the sets. */
public record SetMember(KubeSet set, SetEntry entry) {
    /** The virtual server that the element is about; null where it is about something else. */
    @Nullable
    public VirtualServerKey server() {
        return switch (entry) {
            case SetEntry.IpPort e -> new VirtualServerKey(e.protocol(), e.address(), e.port());
            case SetEntry.IpPortNet e -> new VirtualServerKey(e.protocol(), e.address(), e.port());
            case SetEntry.IpPortIp e
            when set != KubeSet.LOOP_BACK -> new VirtualServerKey(e.protocol(), e.address(), e.port());
            default -> null;
        };
    }

    @Override
    public String toString() {
        return set.name() + " " + entry;
    }
}
