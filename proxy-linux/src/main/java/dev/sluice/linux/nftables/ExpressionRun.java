// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet.Origin;
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
import dev.sluice.linux.rules.PacketTracer.End;
import java.util.Optional;
import java.util.Set;

/** Runs single expressions, except for random numbers, as the kernel does. */
final class ExpressionRun {
    private final NftState state;
    private final AddressTypes addresses;
    private final Set<String> comments;

    /** What the rule does after an expression. */
    enum After {
        /** Its next expression runs. */
        NEXT,
        /** It does not match. */
        NO_MATCH,
        /** The branch went to another place, or has ended. */
        DECIDED
    }

    /** @param comments gets those of the elements that are found */
    ExpressionRun(NftState state, AddressTypes addresses, Set<String> comments) {
        this.state = state;
        this.addresses = addresses;
        this.comments = comments;
    }

    After run(Expression expression, NftBranch at) {
        return switch (expression) {
            case PayloadField e -> stored(at, e.register(), at.packet.payload(e));
            case MetaField e -> meta(e, at);
            case ConnectionField e -> stored(at, e.register(), at.packet.connection(e.key()));
            case FibLookup e ->
                stored(at, e.register(), Words.number(addressType(e, at.packet)).bytes());
            case HashOf e -> {
                byte[] key = at.registers.load(e.from(), e.length()).bytes();
                at.registers.store(e.to(), JenkinsHash.of(key, e.seed(), e.modulus()));
                yield After.NEXT;
            }
            case Bitwise e ->
                stored(at, e.to(), bits(e, at.registers.load(e.from(), e.mask().length())));
            case Compare e ->
                at.registers.load(e.register(), e.value().length()).equals(e.value()) == e.equal()
                        ? After.NEXT
                        : After.NO_MATCH;
            case Lookup e -> lookup(e, at);
            case Immediate(int register, Words value) -> stored(at, register, value.bytes());
            case Immediate(var _, Verdict verdict) -> decided(verdict, at);
            case UpdateSet e -> update(e, at);
            case Nat e -> translate(e, at);
            case MasqueradeSource _ -> {
                at.packet = at.packet.asMasqueraded();
                yield ended(at, End.MASQUERADED);
            }
            case Reject _ -> ended(at, End.REJECTED);
            case SetAddress e -> {
                byte[] address = at.registers
                        .load(e.register(), e.family().bits() / Byte.SIZE)
                        .bytes();
                at.packet = at.packet.withAddress(e.source(), IpAddress.of(address));
                yield After.NEXT;
            }
            case Counter _ -> After.NEXT;
            case ConnectionLimit _ -> After.NO_MATCH;
            case RandomNumber e -> throw new IllegalStateException("chance is not decided here: " + e);
            case UnknownExpression e -> throw new IllegalStateException("nobody knows here what this does: " + e);
        };
    }

    private static After stored(NftBranch at, int register, byte[] value) {
        at.registers.store(register, value);
        return After.NEXT;
    }

    private static After ended(NftBranch at, End end) {
        at.end = end;
        return After.DECIDED;
    }

    private static After meta(MetaField field, NftBranch at) {
        if (!field.sets()) {
            return stored(at, field.register(), at.packet.meta(field.key()));
        }
        at.packet = at.packet.withMeta(field.key(), at.registers.number(field.register()));
        return After.NEXT;
    }

    /** What a process of the node sends has an address of the node as its source. */
    private int addressType(FibLookup lookup, NftPacket packet) {
        if (lookup.side() == FibLookup.Side.DESTINATION) {
            return addresses.of(packet.traced().destination());
        }
        return packet.packet().origin() == Origin.NODE || packet.masqueraded()
                ? FibLookup.LOCAL
                : addresses.of(packet.source());
    }

    private static byte[] bits(Bitwise operation, Words from) {
        byte[] bytes = from.bytes();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte)
                    (bytes[i] & operation.mask().byteAt(i) ^ operation.xor().byteAt(i));
        }
        return bytes;
    }

    private After lookup(Lookup lookup, NftBranch at) {
        NftState.Content content = content(lookup.set());
        Words key = at.registers.load(lookup.from(), content.set().keyLength());
        Optional<SetElement> element = content.find(key);
        element.map(SetElement::comment).filter(comment -> !comment.isEmpty()).ifPresent(comments::add);
        boolean found = isThere(lookup.set(), key, at);
        Value value = at.hasLearned(lookup.set(), key)
                ? at.learnedBy(lookup.set(), key).orElse(null)
                : element.map(SetElement::value).orElse(null);
        // how many connections are open, nobody knows here: there is room
        boolean counts = element.map(SetElement::limit).isPresent();
        return switch (lookup.result()) {
            case PRESENT -> found && !counts ? After.NEXT : After.NO_MATCH;
            case ABSENT -> found ? After.NO_MATCH : After.NEXT;
            case LOAD ->
                value instanceof Words words && !counts ? stored(at, lookup.to(), words.bytes()) : After.NO_MATCH;
            case VERDICT -> value instanceof Verdict verdict ? decided(verdict, at) : After.NO_MATCH;
        };
    }

    private NftState.Content content(String set) {
        return state.content(set)
                .orElseThrow(() -> new IllegalStateException("table " + state.table() + " has no set " + set));
    }

    private After update(UpdateSet update, NftBranch at) {
        NftSet map = content(update.map()).set();
        Words key = at.registers.load(update.key(), map.keyLength());
        if (update.deletes()) {
            at.learn(update.map(), key, Optional.empty());
        } else if (!isThere(update.map(), key, at)) {
            Value value = at.registers.load(update.value(), DataType.length(map.data()));
            at.learn(update.map(), key, Optional.of(value));
        }
        return After.NEXT;
    }

    private boolean isThere(String set, Words key, NftBranch at) {
        return at.hasLearned(set, key)
                ? at.learnedBy(set, key).isPresent()
                : content(set).find(key).isPresent();
    }

    private static After decided(Verdict verdict, NftBranch at) {
        switch (verdict.code()) {
            case ACCEPT -> at.end = End.ACCEPTED;
            case DROP -> at.end = End.DROPPED;
            case JUMP -> at.jump(verdict.chain());
            case GOTO -> at.goTo(verdict.chain());
            case RETURN -> at.back();
        }
        return After.DECIDED;
    }

    private static After translate(Nat nat, NftBranch at) {
        IpAddress address = IpAddress.of(at.registers
                .load(nat.address(), nat.family().bits() / Byte.SIZE)
                .bytes());
        int port = at.registers.load(nat.port(), Short.BYTES).portAt(0);
        boolean same = address.equals(at.packet.traced().destination())
                && port == at.packet.traced().port();
        if (!same) {
            at.packet = at.packet.withTraced(at.packet.traced().to(address, port));
        }
        return ended(at, End.REWRITTEN);
    }
}
