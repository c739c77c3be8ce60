// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

/** What a document may cost its reader. */
final class DocumentLimits {
    /** Objects and lists within one another. The deepest part of a Service has 7 levels. */
    static final int DEPTH = 64;

    static final String TOO_DEEP = "objects and lists are nested deeper than " + DEPTH
            + " levels: no object of Kubernetes that a proxy reads needs that";

    /** Values that the aliases of one document stand for: nested aliases grow exponentially. */
    static final int ALIASED_VALUES = 100_000;

    static final String TOO_MANY_ALIASED =
            "its aliases stand for more than " + ALIASED_VALUES + " values: write the values out, or remove them";

    private DocumentLimits() {}
}
