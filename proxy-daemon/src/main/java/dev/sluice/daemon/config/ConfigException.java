// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import java.util.List;

/** An invalid configuration; every reason names the field or flag, and what to write instead. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<String> reasons;

    public ConfigException(List<String> reasons) {
        super(String.join("\n", reasons));
        this.reasons = List.copyOf(reasons);
    }

    public List<String> reasons() {
        return reasons;
    }
}
