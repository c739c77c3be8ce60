// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

import java.util.Locale;

/** A transport protocol of service ports. */
public enum Protocol {
    TCP(6),
    UDP(17),
    SCTP(132);

    private final int number;
    private final String lowerCase = name().toLowerCase(Locale.ROOT);

    Protocol(int number) {
        this.number = number;
    }

    /** The IANA protocol number. */
    public int number() {
        return number;
    }

    /** {@code tcp}, {@code udp} or {@code sctp}, as rules and chain hashes spell it. */
    public String lowerCase() {
        return lowerCase;
    }
}
