// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables.expression;

import dev.sluice.linux.netlink.MessageWriter;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Looks the key that begins in register {@code from} up.
 *
 * @param result what becomes of the element
 * @param to the register that the element's value is loaded into, for {@link Result#LOAD}
 */
public record Lookup(String set, int from, Result result, int to) implements Expression {
    private static final int SET = 1;
    private static final int SOURCE = 2;
    private static final int DESTINATION = 3;
    private static final int FLAGS = 5;
    private static final int INVERTED = 1;
    private static final int VERDICT_REGISTER = 0;

    /** What becomes of the element that was found. */
    public enum Result {
        /** The rule goes on when there is one. */
        PRESENT,
        /** The rule goes on when there is none. */
        ABSENT,
        /** Its value is loaded; without an element the rule ends. */
        LOAD,
        /** Its verdict counts; without an element the rule ends. */
        VERDICT
    }

    /** Goes on when {@code set} has the key. */
    public static Lookup in(String set, int from) {
        return new Lookup(set, from, Result.PRESENT, 0);
    }

    /** Goes on when {@code set} does not have the key. */
    public static Lookup notIn(String set, int from) {
        return new Lookup(set, from, Result.ABSENT, 0);
    }

    /** Loads the value of the key into the registers from {@code to} on. */
    public static Lookup load(String map, int from, int to) {
        return new Lookup(map, from, Result.LOAD, to);
    }

    /** Gives the verdict of the key. */
    public static Lookup verdict(String map, int from) {
        return new Lookup(map, from, Result.VERDICT, 0);
    }

    @Override
    public String name() {
        return "lookup";
    }

    @Override
    public void writeData(MessageWriter out) {
        out.string(SET, set).u32BigEndian(SOURCE, Register.number(from));
        destination().ifPresent(number -> out.u32BigEndian(DESTINATION, number));
        if (result == Result.ABSENT) {
            out.u32BigEndian(FLAGS, INVERTED);
        }
    }

    private OptionalInt destination() {
        return switch (result) {
            case PRESENT, ABSENT -> OptionalInt.empty();
            case LOAD -> OptionalInt.of(Register.number(to));
            case VERDICT -> OptionalInt.of(VERDICT_REGISTER);
        };
    }

    static @Nullable Expression read(GivenAttributes in) {
        String set = in.string(SET);
        int from = in.register(SOURCE);
        int flags = in.number(FLAGS);
        if (!in.has(DESTINATION)) {
            return flags == INVERTED ? notIn(set, from) : in(set, from);
        }
        int to = in.register(DESTINATION);
        return to < 0 ? verdict(set, from) : load(set, from, to);
    }

    @Override
    public String toString() {
        String what = "lookup reg " + from + " set " + set;
        return switch (result) {
            case PRESENT -> what;
            case ABSENT -> what + " absent";
            case LOAD -> what + " => reg " + to;
            case VERDICT -> what + " => verdict";
        };
    }
}
