// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench;

import dev.sluice.testkit.model.ManyServices;
import java.io.IOException;

/** A change of one Service whose cost is measured, and the change back. */
public enum ServiceChange {
    ENDPOINT("one endpoint replaced"),
    SERVICE("one Service added");

    private final String text;

    ServiceChange(String text) {
        this.text = text;
    }

    /** @param there whether to make the change, or to undo it */
    public void apply(ManyServices services, boolean there) throws IOException {
        switch (this) {
            case ENDPOINT -> services.replaceOne(there ? 1 : 0);
            case SERVICE -> services.oneMore(there);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
