// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Adds an element to a dynamic map, or begins its time anew, or deletes it: the key from register {@code key} on, the
 * value from {@code value} on. An element that is there keeps its value.
 *
 * @param timeout of the element; zero deletes it
 */
public record UpdateSet(String map, int key, int value, Duration timeout) implements Expression {
    private static final int SET_NAME = 1;
    private static final int OPERATION = 3;
    private static final int KEY = 4;
    private static final int VALUE = 5;
    private static final int TIMEOUT = 6;
    private static final int UPDATE = 1;
    private static final int DELETE = 2;

    /** Deletes the element of that key, whatever its value; the kernel wants a value all the same (since Linux 5.4). */
    public static UpdateSet delete(String map, int key, int value) {
        return new UpdateSet(map, key, value, Duration.ZERO);
    }

    /** Whether it deletes the element. */
    public boolean deletes() {
        return timeout.isZero();
    }

    @Override
    public String name() {
        return "dynset";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.string(SET_NAME, map)
                .u32BigEndian(OPERATION, deletes() ? DELETE : UPDATE)
                .u32BigEndian(KEY, Register.number(key))
                .u32BigEndian(VALUE, Register.number(value));
        if (!deletes()) {
            out.u64BigEndian(TIMEOUT, timeout.toMillis());
        }
    }

    static @Nullable Expression read(GivenAttributes in) {
        int operation = in.number(OPERATION);
        if (operation != UPDATE && operation != DELETE) {
            return null;
        }
        Duration timeout = Duration.ofMillis(in.number64(TIMEOUT));
        UpdateSet read = new UpdateSet(in.string(SET_NAME), in.register(KEY), in.register(VALUE), timeout);
        // an update without a time-out of its own is none that we write
        return read.deletes() == (operation == DELETE) ? read : null;
    }

    @Override
    public String toString() {
        if (deletes()) {
            return "dynset delete reg " + key + " set " + map + " reg " + value;
        }
        return "dynset update reg " + key + " set " + map + " reg " + value + " timeout " + timeout.toMillis() + "ms";
    }
}
