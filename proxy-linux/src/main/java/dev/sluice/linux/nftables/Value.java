// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.netlink.MessageWriter;

/** What an element of a map gives, or an expression loads: bytes, or a verdict. */
public sealed interface Value permits Words, Verdict {
    /** Writes the attributes inside {@code NFTA_DATA}. */
    void write(MessageWriter out);
}
