// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.HashOf;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.Nat;
import dev.sluice.linux.nftables.expression.PayloadField;
import dev.sluice.linux.nftables.expression.RandomNumber;
import dev.sluice.linux.nftables.expression.UpdateSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The chains that choose an endpoint, one for each {@link Kind}.
 *
 * <p>A sticky one takes the member that the client had, unless that is gone; then it forgets it, because an update of
 * an element would keep its value, and chooses another.
 */
final class KindChains {
    private static final int VALUE = 8;

    /** The same on each node and after each start: another one would move all clients. */
    private static final int HASH_SEED = 0x736c7563;

    private final IpFamily family;

    KindChains(IpFamily family) {
        this.family = family;
    }

    /** The names of all chains of {@code kinds}. */
    static Set<String> names(Iterable<Kind> kinds) {
        Set<String> names = new LinkedHashSet<>();
        for (Kind kind : kinds) {
            if (kind.affinitySeconds() > 0) {
                names.add(kind.keepChain());
            }
            names.add(kind.chain());
        }
        return names;
    }

    /** The rules of all chains of {@code kinds}. */
    List<NftRule> rules(Iterable<Kind> kinds) {
        List<NftRule> rules = new ArrayList<>();
        Set<Integer> times = new LinkedHashSet<>();
        for (Kind kind : kinds) {
            if (kind.affinitySeconds() == 0) {
                rules.add(rule(kind.chain(), choose(kind, ServiceSet.slots(kind.slotMap())), translate()));
            } else {
                sticky(kind, rules);
                if (times.add(kind.affinitySeconds())) {
                    keep(kind.affinitySeconds(), rules);
                }
            }
        }
        return rules;
    }

    private void sticky(Kind kind, List<NftRule> rules) {
        String chain = kind.chain();
        Immediate keep = Immediate.verdict(Verdict.goTo(kind.keepChain()));
        List<Expression> known = client();
        known.add(Lookup.load(ServiceSet.AFFINITY.label(), 0, VALUE));
        rules.add(rule(chain, known, List.of(MetaField.set(MetaField.Key.PRIORITY, VALUE))));
        rules.add(rule(chain, isMember(), List.of(keep)));
        List<Expression> forget = client();
        forget.add(MetaField.load(MetaField.Key.PRIORITY, VALUE));
        forget.add(UpdateSet.delete(ServiceSet.AFFINITY.label(), 0, VALUE));
        rules.add(rule(chain, forget, List.of()));
        rules.add(rule(
                chain,
                choose(kind, ServiceSet.STICKY_SLOTS),
                List.of(MetaField.set(MetaField.Key.PRIORITY, VALUE), keep)));
    }

    private void keep(int seconds, List<NftRule> rules) {
        String chain = Kind.keepChain(seconds);
        List<Expression> remember = client();
        remember.add(MetaField.load(MetaField.Key.PRIORITY, VALUE));
        remember.add(new UpdateSet(ServiceSet.AFFINITY.label(), 0, VALUE, Duration.ofSeconds(seconds)));
        rules.add(rule(chain, isMember(), remember));
        List<Expression> target = new ArrayList<>();
        target.add(MetaField.load(MetaField.Key.PRIORITY, 0));
        target.add(Lookup.load(ServiceSet.STICKY_TARGETS.label(), 0, VALUE));
        rules.add(rule(chain, target, translate()));
    }

    /** The pool and the client, as the map of clients has them. */
    private List<Expression> client() {
        List<Expression> key = pool();
        key.add(PayloadField.source(family, 1));
        return key;
    }

    private static List<Expression> pool() {
        List<Expression> key = new ArrayList<>();
        key.add(MetaField.load(MetaField.Key.PRIORITY, 0));
        key.add(Bitwise.keepBits(0, PacketNumber.POOL_MASK));
        return key;
    }

    /** Before Linux 6.4 a map can only be asked for a value: this one gives the number itself. */
    private static List<Expression> isMember() {
        return List.of(
                MetaField.load(MetaField.Key.PRIORITY, 0),
                Lookup.load(ServiceSet.STICKY_MEMBERS.label(), 0, VALUE),
                MetaField.set(MetaField.Key.PRIORITY, VALUE));
    }

    private List<Expression> choose(Kind kind, ServiceSet slots) {
        List<Expression> expressions = pool();
        switch (kind.choice()) {
            case RANDOM -> expressions.add(new RandomNumber(1, kind.slots()));
            case CLIENT -> expressions.addAll(hash(PayloadField.source(family, VALUE), kind.slots()));
            case ADDRESS -> expressions.addAll(hash(PayloadField.destination(family, VALUE), kind.slots()));
        }
        expressions.add(Lookup.load(slots.label(), 0, VALUE));
        return expressions;
    }

    private List<Expression> hash(Expression address, int slots) {
        return List.of(address, new HashOf(VALUE, family.bits() / Byte.SIZE, 1, slots, HASH_SEED));
    }

    private List<Expression> translate() {
        return List.of(new Nat(family, VALUE, VALUE + family.bits() / 32));
    }

    private static NftRule rule(String chain, List<Expression> first, List<Expression> then) {
        List<Expression> all = new ArrayList<>(first);
        all.addAll(then);
        return new NftRule(chain, all, "");
    }
}
