// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.Errno;
import dev.sluice.linux.nftables.DataType;
import dev.sluice.linux.nftables.NftElements;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.NftSet.Flag;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.ConnectionLimit;
import dev.sluice.linux.nftables.expression.Counter;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.FibLookup;
import dev.sluice.linux.nftables.expression.HashOf;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MasqueradeSource;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.Nat;
import dev.sluice.linux.nftables.expression.PayloadField;
import dev.sluice.linux.nftables.expression.RandomNumber;
import dev.sluice.linux.nftables.expression.Reject;
import dev.sluice.linux.nftables.expression.SetAddress;
import dev.sluice.linux.nftables.expression.UnknownExpression;
import dev.sluice.linux.nftables.expression.UpdateSet;
import dev.sluice.testkit.fake.FakeNftTable.FakeChain;
import java.util.stream.Stream;

/** What the kernel refuses of a rule by itself: each expression as it is made, in order. */
final class NftRuleCheck {
    private static final int REGISTERS = 16;
    private static final int REGISTER = 4;
    private static final int NAME_BYTES = 16;

    private final FakeNftTable table;
    private int stored;

    NftRuleCheck(FakeNftTable table) {
        this.table = table;
    }

    /** The chains that a rule leads to by itself. */
    static Stream<String> chains(NftRule rule) {
        return rule.expressions().stream()
                .filter(each -> each instanceof Immediate)
                .map(each -> ((Immediate) each).value())
                .filter(value -> value instanceof Verdict)
                .map(value -> ((Verdict) value).chain())
                .filter(chain -> !chain.isEmpty());
    }

    /** The sets that a rule uses. */
    static Stream<String> sets(NftRule rule) {
        return rule.expressions().stream().flatMap(each -> switch (each) {
            case Lookup lookup -> Stream.of(lookup.set());
            case UpdateSet update -> Stream.of(update.map());
            default -> Stream.of();
        });
    }

    static int chainErrno(FakeNftTable table, Verdict verdict) {
        if (verdict.chain().isEmpty()) {
            return 0;
        }
        FakeChain chain = table.chains().get(verdict.chain());
        if (chain == null) {
            return Errno.ENOENT;
        }
        return chain.chain().hook() == null ? 0 : Errno.EOPNOTSUPP;
    }

    int errno(NftRule rule) {
        return rule.expressions().stream()
                .mapToInt(this::errno)
                .filter(errno -> errno != 0)
                .findFirst()
                .orElse(0);
    }

    private int errno(Expression expression) {
        return switch (expression) {
            case PayloadField e -> store(e.register(), e.length());
            case MetaField e -> meta(e);
            case ConnectionField e -> store(e.register(), e.key().length());
            case FibLookup e -> store(e.register(), REGISTER);
            case RandomNumber e -> e.modulus() == 0 ? Errno.ERANGE : store(e.register(), REGISTER);
            case HashOf e ->
                first(load(e.from(), e.length()), () -> e.modulus() == 0 ? Errno.ERANGE : store(e.to(), REGISTER));
            case Bitwise e ->
                first(
                        load(e.from(), e.mask().length()),
                        () -> store(e.to(), e.mask().length()));
            case SetAddress e -> load(e.register(), e.family().bits() / Byte.SIZE);
            case Compare e -> load(e.register(), e.value().length());
            case Lookup e -> lookup(e);
            case Immediate(int register, Words value) -> store(register, value.length());
            case Immediate(var _, Verdict verdict) -> chainErrno(table, verdict);
            case UpdateSet e -> update(e);
            case Nat e -> first(load(e.address(), e.family().bits() / Byte.SIZE), () -> load(e.port(), Short.BYTES));
            case MasqueradeSource _, Reject _, Counter _, ConnectionLimit _ -> 0;
            case UnknownExpression e -> throw new IllegalArgumentException("the fake does not know " + e);
        };
    }

    private interface Check {
        int errno();
    }

    private static int first(int errno, Check next) {
        return errno != 0 ? errno : next.errno();
    }

    private int meta(MetaField field) {
        if (field.sets()) {
            return load(field.register(), REGISTER);
        }
        return switch (field.key()) {
            case IIFNAME -> store(field.register(), NAME_BYTES);
            case L4PROTO -> store(field.register(), 1);
            case MARK, PRIORITY -> store(field.register(), REGISTER);
        };
    }

    private int lookup(Lookup lookup) {
        NftElements elements = table.sets().get(lookup.set());
        if (elements == null) {
            return Errno.ENOENT;
        }
        NftSet set = elements.set();
        boolean verdicts = set.flags().contains(Flag.VERDICTS);
        int errno = load(lookup.from(), set.keyLength());
        if (errno != 0) {
            return errno;
        }
        return switch (lookup.result()) {
            case PRESENT, ABSENT -> 0;
            case LOAD -> !set.isMap() || verdicts ? Errno.EINVAL : store(lookup.to(), DataType.length(set.data()));
            case VERDICT -> verdicts ? 0 : Errno.EINVAL;
        };
    }

    private int update(UpdateSet update) {
        NftElements elements = table.sets().get(update.map());
        if (elements == null) {
            return Errno.ENOENT;
        }
        NftSet map = elements.set();
        if (!map.flags().contains(Flag.DYNAMIC)) {
            return Errno.EOPNOTSUPP;
        }
        if (!update.timeout().isZero() && !map.flags().contains(Flag.TIMEOUT)) {
            return Errno.EOPNOTSUPP;
        }
        int errno = load(update.key(), map.keyLength());
        if (errno != 0) {
            return errno;
        }
        return map.isMap() ? load(update.value(), DataType.length(map.data())) : Errno.EOPNOTSUPP;
    }

    private int store(int register, int length) {
        int errno = outOfRange(register, length);
        stored |= errno == 0 ? mask(register, length) : 0;
        return errno;
    }

    private int load(int register, int length) {
        int errno = outOfRange(register, length);
        return errno != 0 || (stored & mask(register, length)) == mask(register, length) ? errno : Errno.ENODATA;
    }

    private static int outOfRange(int register, int length) {
        if (length == 0) {
            return Errno.EINVAL;
        }
        return register * REGISTER + length > REGISTERS * REGISTER ? Errno.ERANGE : 0;
    }

    private static int mask(int register, int length) {
        return (1 << (length + REGISTER - 1) / REGISTER) - 1 << register;
    }
}
