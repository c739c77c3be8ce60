// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.nftables;

import dev.sluice.testkit.model.ManyServices;
import java.io.IOException;

/** A change whose cost is measured, and the change back. */
enum TableChange {
    ENDPOINT("one endpoint replaced"),
    SERVICE("one Service added"),
    HUNDRED("100 endpoints replaced at once");

    private final String text;

    TableChange(String text) {
        this.text = text;
    }

    void apply(ManyServices services, boolean there) throws IOException {
        switch (this) {
            case ENDPOINT -> services.replaceOne(there ? 1 : 0);
            case SERVICE -> services.oneMore(there);
            case HUNDRED -> services.replaceHundred(there ? 1 : 0);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
