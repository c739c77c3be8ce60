// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.nftables.NftChain.BaseHook;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.NftCommand.AddChain;
import dev.sluice.linux.nftables.NftCommand.AddElements;
import dev.sluice.linux.nftables.NftCommand.AddRule;
import dev.sluice.linux.nftables.NftCommand.AddSet;
import dev.sluice.linux.nftables.NftCommand.AddTable;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.ConnectionField;
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
import dev.sluice.linux.nftables.expression.UpdateSet;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A table of random rules for UDP. Each rule has a comment of its own, and counts when all of it but its verdict has
 * matched.
 */
final class RandomTable {
    static final List<Integer> PORTS = List.of(7000, 7001);
    static final int MODULUS = 3;

    private final IpFamily family;
    private final Table table;
    private final Random random;
    private final List<IpAddress> addresses;
    private final List<NftCommand> commands = new ArrayList<>();
    private final int width;
    private int rules;

    /** @param addresses that packets come from and go to */
    RandomTable(Table table, List<IpAddress> addresses, Random random) {
        this.table = table;
        this.family = table.family();
        this.random = random;
        this.addresses = addresses;
        this.width = family == IpFamily.IPV4 ? 1 : 4;
    }

    List<NftCommand> commands() {
        commands.add(new AddTable(table, "", false));
        List<DataType> address = List.of(DataType.address(family));
        List<DataType> target = List.of(DataType.address(family), DataType.INET_SERVICE);
        set(NftSet.set("some", address), () -> SetElement.of(words(anyAddress())));
        set(NftSet.map("marks", address, List.of(DataType.MARK)), () -> SetElement.of(words(anyAddress()), mark()));
        set(
                NftSet.map("slots", List.of(DataType.address(family), DataType.MARK), target),
                () -> SetElement.of(
                        new Words.Builder()
                                .address(anyAddress())
                                .number(random.nextInt(MODULUS))
                                .build(),
                        addressAndPort()));
        set(NftSet.set("ranges", target).with(NftSet.Flag.INTERVAL), () -> {
            IpAddress one = anyAddress();
            return SetElement.range(
                    new Words.Builder().address(one).port(PORTS.getFirst()).build(),
                    new Words.Builder()
                            .address(one)
                            .port(PORTS.get(random.nextInt(2)))
                            .build());
        });
        commands.add(new AddSet(
                table,
                NftSet.map("clients", address, List.of(DataType.MARK))
                        .with(NftSet.Flag.DYNAMIC, NftSet.Flag.TIMEOUT)
                        .withSize(100)));
        for (String name : List.of("c1", "c2", "c3")) {
            commands.add(new AddChain(table, NftChain.regular(name)));
        }
        set(
                NftSet.verdicts("places", address),
                () -> SetElement.of(
                        words(anyAddress()), random.nextBoolean() ? Verdict.jump("c2") : Verdict.goTo("c3")));
        for (Hook hook : Hook.values()) {
            for (int i = 0; i < 2; i++) {
                int priority = random.nextInt(4) * 50 + (i == 0 ? -175 : 20);
                base(new BaseHook("filter", hook, priority), hook + "-" + i);
            }
            if (hook != Hook.FORWARD && hook != Hook.INPUT) {
                base(new BaseHook("nat", hook, -90 + random.nextInt(3) * 200), "nat-" + hook);
            }
        }
        for (String name : List.of("c3", "c2", "c1")) {
            fill(name, null);
        }
        return commands;
    }

    private interface Elements {
        SetElement next();
    }

    private void set(NftSet set, Elements elements) {
        NftElements content = new NftElements(set);
        for (int i = 0; i < 4; i++) {
            SetElement element = elements.next();
            if (content.find(element.key()).isEmpty()
                    && (element.end() == null || content.find(element.end()).isEmpty())) {
                content.put(element);
            }
        }
        commands.add(new AddSet(table, set));
        commands.add(new AddElements(table, set.name(), List.copyOf(content.all())));
    }

    private void base(BaseHook hook, String name) {
        commands.add(new AddChain(table, new NftChain(name, hook, "")));
        fill(name, hook);
    }

    private void fill(String chain, @Nullable BaseHook hook) {
        for (int i = 0; i < 3; i++) {
            List<Expression> expressions = new ArrayList<>(List.of(
                    MetaField.load(MetaField.Key.L4PROTO, 0), Compare.equal(0, Words.of(new byte[] {
                        (byte) Protocol.UDP.number()
                    }))));
            for (int matches = random.nextInt(3); matches > 0; matches--) {
                expressions.addAll(match());
            }
            expressions.addAll(statement(chain, hook));
            commands.add(new AddRule(table, new NftRule(chain, expressions, "r" + rules++)));
        }
    }

    private List<Expression> match() {
        boolean positive = random.nextBoolean();
        PayloadField source = PayloadField.source(family, 0);
        PayloadField destination = PayloadField.destination(family, 0);
        MetaField mark = MetaField.load(MetaField.Key.MARK, 0);
        return switch (random.nextInt(11)) {
            case 0 -> List.of(destination, new Compare(0, positive, words(anyAddress())));
            case 1 -> List.of(source, new Compare(0, positive, words(anyAddress())));
            case 2 -> List.of(PayloadField.destinationPort(0), new Compare(0, positive, port()));
            case 3 -> List.of(destination, positive ? Lookup.in("some", 0) : Lookup.notIn("some", 0));
            case 4 ->
                List.of(
                        destination,
                        PayloadField.destinationPort(width),
                        positive ? Lookup.in("ranges", 0) : Lookup.notIn("ranges", 0));
            case 5 ->
                List.of(
                        new FibLookup(positive ? FibLookup.Side.SOURCE : FibLookup.Side.DESTINATION, 0),
                        new Compare(0, random.nextBoolean(), Words.number(FibLookup.LOCAL)));
            case 6 ->
                List.of(
                        new ConnectionField(ConnectionField.Key.STATUS, 0),
                        Bitwise.keepBits(0, ConnectionField.DESTINATION_TRANSLATED),
                        new Compare(0, positive, Words.number(0)));
            case 7 -> List.of(mark, Bitwise.keepBits(0, 1), new Compare(0, positive, Words.number(0)));
            case 8 -> List.of(mark, new Compare(0, positive, mark()));
            case 9 -> List.of(MetaField.load(MetaField.Key.PRIORITY, 0), new Compare(0, positive, Words.number(0)));
            default -> List.of(MetaField.load(MetaField.Key.IIFNAME, 0), new Compare(0, positive, interfaceName()));
        };
    }

    private Words interfaceName() {
        byte[] name = (random.nextBoolean() ? "lo" : "veth0").getBytes(StandardCharsets.US_ASCII);
        return Words.of(Arrays.copyOf(name, 16));
    }

    private List<Expression> statement(String chain, @Nullable BaseHook hook) {
        PayloadField source = PayloadField.source(family, 0);
        PayloadField destination = PayloadField.destination(family, 0);
        MetaField setMark = MetaField.set(MetaField.Key.MARK, 0);
        Counter counter = new Counter();
        if (hook != null && hook.type().equals("nat") && random.nextInt(3) != 0) {
            return translation(hook.hook() == Hook.POSTROUTING);
        }
        return switch (random.nextInt(15)) {
            case 0 -> List.of(counter, Immediate.verdict(Verdict.ACCEPT));
            case 1 -> List.of(counter, Immediate.verdict(Verdict.RETURN));
            case 2 -> random.nextInt(4) == 0 ? List.of(counter, Immediate.verdict(Verdict.DROP)) : List.of(counter);
            case 3 ->
                hook != null && hook.type().equals("filter") && hook.hook() == Hook.INPUT
                        ? List.of(counter, new Reject(family))
                        : List.of(counter);
            case 4, 5 -> List.of(counter, Immediate.verdict(next(chain)));
            case 6 ->
                // the kernel takes any lookup there for a way to the chains of the verdicts
                chain.startsWith("c")
                        ? List.of(counter)
                        : List.of(destination, Lookup.in("places", 0), counter, Lookup.verdict("places", 0));
            case 7 -> List.of(destination, Lookup.load("marks", 0, 0), counter, setMark);
            case 8 -> List.of(source, new HashOf(0, 4 * width, 0, 4, 99), counter, setMark);
            case 9 -> List.of(new RandomNumber(0, MODULUS), counter, setMark);
            case 10 -> List.of(source, Lookup.load("clients", 0, 0), counter, setMark);
            case 11 ->
                List.of(
                        source,
                        MetaField.load(MetaField.Key.MARK, 8),
                        counter,
                        new UpdateSet("clients", 0, 8, Duration.ofMinutes(10)));
            case 12 ->
                List.of(counter, MetaField.load(MetaField.Key.MARK, 0), MetaField.set(MetaField.Key.PRIORITY, 0));
            case 13 -> List.of(counter, MetaField.load(MetaField.Key.MARK, 0), Bitwise.invertBits(0, 5), setMark);
            default -> List.of(counter, Immediate.load(0, mark()), setMark);
        };
    }

    private List<Expression> translation(boolean leaves) {
        if (leaves) {
            return List.of(new Counter(), new MasqueradeSource());
        }
        return random.nextBoolean()
                ? List.of(
                        new Counter(),
                        Immediate.load(0, words(anyAddress())),
                        Immediate.load(width, port()),
                        new Nat(family, 0, width))
                : List.of(
                        PayloadField.destination(family, 0),
                        new RandomNumber(width, MODULUS),
                        Lookup.load("slots", 0, 8),
                        new Counter(),
                        new Nat(family, 8, 8 + width));
    }

    private Verdict next(String chain) {
        return switch (chain) {
            case "c3" -> Verdict.RETURN;
            case "c2" -> Verdict.goTo("c3");
            case "c1" -> Verdict.jump("c2");
            default -> random.nextBoolean() ? Verdict.jump("c1") : Verdict.goTo("c2");
        };
    }

    private IpAddress anyAddress() {
        return addresses.get(random.nextInt(addresses.size()));
    }

    private Words port() {
        int port = PORTS.get(random.nextInt(PORTS.size()));
        return Words.of(new byte[] {(byte) (port >>> 8), (byte) port});
    }

    private Words addressAndPort() {
        return new Words.Builder()
                .address(anyAddress())
                .port(PORTS.get(random.nextInt(PORTS.size())))
                .build();
    }

    private Words mark() {
        return Words.number(random.nextInt(4));
    }

    private static Words words(IpAddress address) {
        return new Words.Builder().address(address).build();
    }
}
