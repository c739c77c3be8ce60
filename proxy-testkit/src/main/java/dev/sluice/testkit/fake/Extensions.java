// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import java.util.Set;

/** The targets that are not chains. */
final class Extensions {
    static final Set<String> TARGETS = Set.of(
            "ACCEPT",
            "DROP",
            "RETURN",
            "QUEUE",
            "REJECT",
            "MARK",
            "CONNMARK",
            "DNAT",
            "SNAT",
            "MASQUERADE",
            "REDIRECT",
            "NETMAP",
            "LOG",
            "NFLOG",
            "NOTRACK",
            "CT",
            "TPROXY",
            "TCPMSS",
            "SET",
            "TRACE");

    private Extensions() {}
}
