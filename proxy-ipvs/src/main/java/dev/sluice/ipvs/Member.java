package dev.sluice.ipvs;

import dev.sluice.linux.ipset.SetEntry;

/** An element of one of the sets. */
record Member(KubeSet set, SetEntry entry) {
    @Override
    public String toString() {
        return set.name() + " " + entry;
    }
}
