// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.nfacct.NamedCounters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Named counters (nfacct) in memory. It refuses what the kernel refuses. */
public final class FakeCounters implements NamedCounters {
    private final Map<String, Count> counts = new LinkedHashMap<>();
    private boolean supported = true;
    private boolean full;

    /** Makes this a kernel without counters. */
    public FakeCounters unsupported() {
        supported = false;
        return this;
    }

    /** Makes the kernel refuse to create further counters. */
    public FakeCounters full() {
        full = true;
        return this;
    }

    boolean has(String name) {
        return supported && counts.containsKey(name);
    }

    /** Makes this a kernel with counters again. */
    public FakeCounters supportedAgain() {
        supported = true;
        return this;
    }

    /** Counts {@code packets} packets of 100 bytes. */
    public void count(String name, long packets) {
        counts.computeIfPresent(
                name, (key, old) -> new Count(name, old.packets() + packets, old.bytes() + 100 * packets));
    }

    @Override
    public boolean supported() {
        return supported;
    }

    @Override
    public void create(String name) throws NetlinkException {
        if (!supported || name.isEmpty() || name.length() > LONGEST_NAME) {
            throw new NetlinkException("counter create " + name, Errno.EINVAL, "");
        }
        if (full && !counts.containsKey(name)) {
            throw new NetlinkException("counter create " + name, Errno.ENOMEM, "");
        }
        counts.putIfAbsent(name, new Count(name, 0, 0));
    }

    @Override
    public boolean delete(String name) {
        counts.remove(name);
        return true;
    }

    @Override
    public Optional<Count> read(String name) throws NetlinkException {
        if (!supported) {
            throw new NetlinkException("counter read " + name, Errno.EINVAL, "");
        }
        return Optional.ofNullable(counts.get(name));
    }

    @Override
    public List<Count> list() {
        return List.copyOf(counts.values());
    }

    @Override
    public void close() {}
}
