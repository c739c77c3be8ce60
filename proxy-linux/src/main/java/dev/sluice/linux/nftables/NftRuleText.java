// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.nftables.TextTerm.Kind;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** Prints a rule as {@code nft} lists it: runs it with texts instead of values in the registers. */
public final class NftRuleText {
    private static final int REGISTER = 4;

    private final Function<String, Optional<NftSet>> sets;
    private final TreeMap<Integer, TextTerm> registers = new TreeMap<>();
    private final List<String> words = new ArrayList<>();

    private NftRuleText(Function<String, Optional<NftSet>> sets) {
        this.sets = sets;
    }

    /** @param sets by name, as far as they are known */
    public static String of(NftRule rule, Function<String, Optional<NftSet>> sets) {
        NftRuleText text = new NftRuleText(sets);
        rule.expressions().forEach(text::add);
        if (!rule.comment().isEmpty()) {
            text.words.add("comment \"" + rule.comment() + "\"");
        }
        return String.join(" ", text.words);
    }

    private void store(int register, int bytes, TextTerm term) {
        for (int i = 0; i < (bytes + REGISTER - 1) / REGISTER; i++) {
            registers.remove(register + i);
        }
        registers.put(register, term);
    }

    private TextTerm at(int register) {
        return registers.getOrDefault(register, TextTerm.of("reg " + register, Kind.BYTES));
    }

    private void add(Expression expression) {
        switch (expression) {
            case PayloadField e -> store(e.register(), e.length(), payload(e));
            case MetaField e -> meta(e);
            case ConnectionField e -> store(e.register(), e.key().length(), connection(e));
            case FibLookup e -> {
                String side = e.side() == FibLookup.Side.SOURCE ? "saddr" : "daddr";
                store(e.register(), REGISTER, TextTerm.of("fib " + side + " type", Kind.ADDRESS_TYPE));
            }
            case RandomNumber e ->
                store(e.register(), REGISTER, TextTerm.of("numgen random mod " + e.modulus(), Kind.NUMBER));
            case HashOf e -> {
                String key = at(e.from()).text();
                String text = "jhash " + key + " mod " + e.modulus() + " seed 0x" + Integer.toHexString(e.seed());
                store(e.to(), REGISTER, TextTerm.of(text, Kind.NUMBER));
            }
            case Bitwise e -> store(e.to(), e.mask().length(), at(e.from()).with(e));
            case Compare e -> words.add(at(e.register()).compared(e));
            case Lookup e -> lookup(e);
            case Immediate(int register, Words value) ->
                store(register, value.length(), TextTerm.of("0x" + value, Kind.BYTES));
            case Immediate(var _, Verdict verdict) -> words.add(verdict.toString());
            case UpdateSet e -> update(e);
            case Nat e -> translation(e);
            case MasqueradeSource _ -> words.add("masquerade fully-random");
            case Reject _ -> words.add("reject");
            case SetAddress e ->
                words.add(name(e.family())
                        + (e.source() ? " saddr set " : " daddr set ")
                        + at(e.register()).text());
            case Counter _ -> words.add("counter");
            case ConnectionLimit e -> words.add("ct count over " + e.most());
            case UnknownExpression e -> words.add("[ " + e + " ]");
        }
    }

    private static TextTerm payload(PayloadField field) {
        for (IpFamily family : IpFamily.values()) {
            String header = name(family);
            Kind kind = family == IpFamily.IPV4 ? Kind.IPV4 : Kind.IPV6;
            if (field.equals(PayloadField.source(family, field.register()))) {
                return TextTerm.of(header + " saddr", kind);
            }
            if (field.equals(PayloadField.destination(family, field.register()))) {
                return TextTerm.of(header + " daddr", kind);
            }
        }
        if (field.equals(PayloadField.destinationPort(field.register()))) {
            return TextTerm.of("th dport", Kind.PORT);
        }
        String header = field.header() == PayloadField.Header.NETWORK ? "nh" : "th";
        return TextTerm.of(
                "@" + header + "," + field.offset() * Byte.SIZE + "," + field.length() * Byte.SIZE, Kind.BYTES);
    }

    private static String name(IpFamily family) {
        return family == IpFamily.IPV4 ? "ip" : "ip6";
    }

    private void meta(MetaField field) {
        TextTerm term = switch (field.key()) {
            case MARK -> TextTerm.of("meta mark", Kind.NUMBER);
            case PRIORITY -> TextTerm.of("meta priority", Kind.NUMBER);
            case IIFNAME -> TextTerm.of("iifname", Kind.NAME);
            case L4PROTO -> TextTerm.of("meta l4proto", Kind.PROTOCOL);
        };
        if (field.sets()) {
            words.add(term.text() + " set " + at(field.register()).text());
        } else {
            store(field.register(), field.key() == MetaField.Key.IIFNAME ? 4 * REGISTER : REGISTER, term);
        }
    }

    private static TextTerm connection(ConnectionField field) {
        return switch (field.key()) {
            case STATE -> TextTerm.of("ct state", Kind.STATE);
            case DIRECTION -> TextTerm.of("ct direction", Kind.DIRECTION);
            case STATUS -> TextTerm.of("ct status", Kind.STATUS);
            case ORIGINAL_SOURCE_IPV4 -> TextTerm.of("ct original ip saddr", Kind.IPV4);
            case ORIGINAL_SOURCE_IPV6 -> TextTerm.of("ct original ip6 saddr", Kind.IPV6);
            case REPLY_DESTINATION_IPV4 -> TextTerm.of("ct reply ip daddr", Kind.IPV4);
            case REPLY_DESTINATION_IPV6 -> TextTerm.of("ct reply ip6 daddr", Kind.IPV6);
        };
    }

    private void lookup(Lookup lookup) {
        String key = key(lookup.set(), lookup.from());
        String set = "@" + lookup.set();
        switch (lookup.result()) {
            case PRESENT -> words.add(key + " " + set);
            case ABSENT -> words.add(key + " != " + set);
            case VERDICT -> words.add(key + " vmap " + set);
            case LOAD -> {
                int bytes = sets.apply(lookup.set())
                        .map(of -> DataType.length(of.data()))
                        .orElse(REGISTER);
                store(lookup.to(), bytes, TextTerm.of(key + " map " + set, Kind.BYTES));
            }
        }
    }

    /** The fields that make the key, from a register on. */
    private String key(String set, int from) {
        List<DataType> fields = sets.apply(set).map(NftSet::key).orElse(List.of());
        List<String> texts = new ArrayList<>();
        int register = from;
        for (DataType field : fields) {
            texts.add(at(register).text());
            register += field.padded() / REGISTER;
        }
        return fields.isEmpty() ? at(from).text() : String.join(" . ", texts);
    }

    private void update(UpdateSet update) {
        String key = key(update.map(), update.key());
        String verb = update.deletes() ? "delete" : "update";
        String timeout = update.deletes() ? "" : " timeout " + time(update.timeout());
        String value = at(update.value()).text();
        words.add(verb + " @" + update.map() + " { " + key + timeout + " : " + value + " }");
    }

    private static String time(Duration time) {
        return time.toMillis() % 1000 == 0
                ? time.toString().substring(2).toLowerCase(Locale.ROOT)
                : time.toMillis() + "ms";
    }

    private void translation(Nat nat) {
        TextTerm port = registers.get(nat.port());
        words.add("dnat " + name(nat.family()) + " to " + at(nat.address()).text()
                + (port == null ? "" : ":" + port.text()));
    }
}
