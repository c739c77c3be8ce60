// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import java.util.List;
import java.util.Optional;

/** The chains of one table, as {@link PacketTracer} asks for them; they may be read only when a packet gets there. */
public interface TracedTable {

    /** {@code nat}, {@code filter} or {@code mangle}. */
    String name();

    /** The rules of {@code chain} in order; empty when there is no such chain. */
    Optional<List<Rule>> rules(String chain);
}
