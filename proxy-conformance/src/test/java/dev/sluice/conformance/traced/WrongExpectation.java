// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.traced;

import dev.sluice.conformance.scenario.Expected;
import dev.sluice.conformance.scenario.Expected.Reaches;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An expectation that contradicts another one, to show that the comparison would notice. */
final class WrongExpectation {
    private WrongExpectation() {}

    /** Other Pods where some answer, or nobody when all may; answers where there are none. */
    static Expected of(Expected expected) {
        return switch (expected) {
            case Expected.Fails fails -> Expected.anybody();
            case Reaches reaches -> {
                Set<String> others = Stream.concat(LabAddresses.LOCAL_PODS.stream(), LabAddresses.REMOTE_PODS.stream())
                        .filter(pod -> !reaches.pods().contains(pod))
                        .collect(Collectors.toSet());
                yield others.isEmpty() ? Expected.Fails.REFUSED : Expected.reaches(others.toArray(String[]::new));
            }
        };
    }
}
