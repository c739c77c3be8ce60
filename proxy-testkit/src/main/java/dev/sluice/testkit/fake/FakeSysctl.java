// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.sysctl.Sysctl;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Kernel parameters in memory. A parameter that was not given does not exist, as on a kernel without it. */
public final class FakeSysctl implements Sysctl {
    private final Map<String, String> values = new LinkedHashMap<>();
    private final Map<String, String> written = new LinkedHashMap<>();
    private final Set<String> readOnly = new HashSet<>();

    /** Adds the parameter {@code name} with {@code value}. */
    public FakeSysctl with(String name, String value) {
        values.put(key(name), value);
        return this;
    }

    /** Refuses writes to {@code name}, as the kernel does outside the first network namespace. */
    public FakeSysctl readOnly(String name) {
        readOnly.add(key(name));
        return this;
    }

    @Override
    public Optional<String> read(String name) {
        return Optional.ofNullable(values.get(key(name)));
    }

    @Override
    public boolean set(String name, String value) throws IOException {
        String key = key(name);
        String old = values.get(key);
        if (old == null) {
            throw new FileNotFoundException(key + ": no such kernel parameter");
        }
        if (old.equals(value)) {
            return false;
        }
        if (readOnly.contains(key)) {
            throw new IOException(key + ": read-only kernel parameter");
        }
        values.put(key, value);
        written.put(key, value);
        return true;
    }

    /** The written parameters, in order of the first write, with dots in the names. */
    public Map<String, String> written() {
        return Collections.unmodifiableMap(written);
    }

    private static String key(String name) {
        return name.replace('/', '.');
    }
}
