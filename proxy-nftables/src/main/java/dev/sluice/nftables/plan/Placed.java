// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.ServiceSet;

/** An element and the set that it is in. */
public record Placed(ServiceSet set, SetElement element) {

    public Place place() {
        return new Place(set, element.key());
    }

    /** What an element is found by. */
    public record Place(ServiceSet set, Words key) {

        /** There are as many of them as Services, and the method that a record gets takes several times as long. */
        @Override
        public int hashCode() {
            return set.hashCode() * 31 + key.hashCode();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Place place && set == place.set && key.equals(place.key);
        }
    }
}
