// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.kernel;

import org.jspecify.annotations.Nullable;

/**
 * A kind of object that a mode keeps and counts, e.g. virtual servers, or the rules of one table.
 *
 * @param label the value of the metrics' label {@code kind}, e.g. {@code ipvs.virtual_servers}
 * @param table the table that rules are in, null when these are no rules
 */
public record ObjectKind(String label, @Nullable String table) {

    /** Objects other than rules. */
    public static ObjectKind of(String label) {
        return new ObjectKind(label, null);
    }

    /** Rules of {@code table}. */
    public static ObjectKind rules(String label, String table) {
        return new ObjectKind(label, table);
    }

    @Override
    public String toString() {
        return label;
    }
}
