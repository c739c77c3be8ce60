// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import java.util.Optional;

/** The match for traffic that a {@link LocalDetector} takes for the cluster's own. */
public final class LocalTraffic {
    private LocalTraffic() {}

    /** Matches local traffic; empty when the detector recognizes none. */
    public static Optional<Match> from(LocalDetector detector) {
        return match(detector, false);
    }

    /** Matches all other traffic; empty when the detector recognizes no local traffic. */
    public static Optional<Match> notFrom(LocalDetector detector) {
        return match(detector, true);
    }

    private static Optional<Match> match(LocalDetector detector, boolean negated) {
        return switch (detector) {
            case LocalDetector.None() -> Optional.empty();
            case LocalDetector.SourceCidr(Cidr cidr) -> Optional.of(new Match.Source(cidr, negated));
            case LocalDetector.Bridge(String name) -> Optional.of(new Match.InInterface(name, negated));
            case LocalDetector.InterfacePrefix(String prefix) ->
                Optional.of(new Match.InInterface(prefix + "+", negated));
        };
    }
}
