// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The hash of {@code jhash} expressions: lookup3 by Bob Jenkins, as include/linux/jhash.h has it, in machine order. */
final class JenkinsHash {
    private static final int INITIAL = 0xdeadbeef;
    private static final int BLOCK = 12;

    private JenkinsHash() {}

    /** A number below {@code modulus}. */
    static int of(byte[] key, int seed, int modulus) {
        return (int) ((hash(key, seed) & 0xffff_ffffL) * (modulus & 0xffff_ffffL) >>> 32);
    }

    private static int hash(byte[] key, int seed) {
        int[] s = new int[3];
        Arrays.fill(s, INITIAL + key.length + seed);
        int at = 0;
        while (key.length - at > BLOCK) {
            add(s, key, at);
            mix(s);
            at += BLOCK;
        }
        if (at < key.length) {
            add(s, Arrays.copyOf(Arrays.copyOfRange(key, at, key.length), BLOCK), 0);
            finish(s);
        }
        return s[2];
    }

    private static void add(int[] s, byte[] key, int at) {
        ByteBuffer block = ByteBuffer.wrap(key).order(ByteOrder.nativeOrder());
        for (int i = 0; i < s.length; i++) {
            s[i] += block.getInt(at + Integer.BYTES * i);
        }
    }

    private static void mix(int[] s) {
        int[] shifts = {4, 6, 8, 16, 19, 4};
        for (int i = 0; i < shifts.length; i++) {
            int a = i % 3;
            int b = (i + 1) % 3;
            int c = (i + 2) % 3;
            s[a] -= s[c];
            s[a] ^= Integer.rotateLeft(s[c], shifts[i]);
            s[c] += s[b];
        }
    }

    private static void finish(int[] s) {
        int[] shifts = {14, 11, 25, 16, 4, 14, 24};
        int[] into = {2, 0, 1, 2, 0, 1, 2};
        int[] from = {1, 2, 0, 1, 2, 0, 1};
        for (int i = 0; i < shifts.length; i++) {
            s[into[i]] ^= s[from[i]];
            s[into[i]] -= Integer.rotateLeft(s[from[i]], shifts[i]);
        }
    }
}
