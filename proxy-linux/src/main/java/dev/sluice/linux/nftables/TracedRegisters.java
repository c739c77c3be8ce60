// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import java.util.Arrays;

/** The 16 registers of 4 bytes, while one rule runs. What the rule has not stored cannot be read. */
final class TracedRegisters {
    private static final int REGISTER = 4;
    private static final int COUNT = 16;

    private final byte[] bytes;
    private int stored;

    TracedRegisters() {
        this(new byte[COUNT * REGISTER], 0);
    }

    private TracedRegisters(byte[] bytes, int stored) {
        this.bytes = bytes;
        this.stored = stored;
    }

    TracedRegisters copy() {
        return new TracedRegisters(bytes.clone(), stored);
    }

    void clear() {
        stored = 0;
    }

    /** Stores {@code value}, and zeros in the rest of its last register. */
    void store(int register, byte[] value) {
        int count = registers(value.length);
        Arrays.fill(bytes, register * REGISTER, (register + count) * REGISTER, (byte) 0);
        System.arraycopy(value, 0, bytes, register * REGISTER, value.length);
        stored |= mask(register, count);
    }

    void store(int register, int number) {
        store(register, Words.number(number).bytes());
    }

    Words load(int register, int length) {
        int wanted = mask(register, registers(length));
        if ((stored & wanted) != wanted) {
            throw new IllegalStateException("register " + register + " was not stored by the same rule");
        }
        return Words.of(Arrays.copyOfRange(bytes, register * REGISTER, register * REGISTER + length));
    }

    int number(int register) {
        return load(register, Integer.BYTES).numberAt(0);
    }

    private static int registers(int length) {
        return (length + REGISTER - 1) / REGISTER;
    }

    private static int mask(int register, int count) {
        return (1 << count) - 1 << register;
    }
}
