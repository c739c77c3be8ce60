// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import java.time.Duration;

/**
 * Adds an element to a dynamic map, or begins its time anew: the key from register {@code key} on, the value from
 * {@code value} on.
 */
public record UpdateSet(String map, int key, int value, Duration timeout) implements Expression {
    private static final int SET_NAME = 1;
    private static final int OPERATION = 3;
    private static final int KEY = 4;
    private static final int VALUE = 5;
    private static final int TIMEOUT = 6;
    private static final int UPDATE = 1;

    @Override
    public String name() {
        return "dynset";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.string(SET_NAME, map)
                .u32BigEndian(OPERATION, UPDATE)
                .u32BigEndian(KEY, Register.number(key))
                .u32BigEndian(VALUE, Register.number(value))
                .u64BigEndian(TIMEOUT, timeout.toMillis());
    }

    @Override
    public String toString() {
        return "dynset update reg " + key + " set " + map + " reg " + value + " timeout " + timeout.toMillis() + "ms";
    }
}
