// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.nftables.DataType;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftChain.BaseHook;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.NftSet.Flag;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.RefusedCommand;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Value;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.ConnectionLimit;
import dev.sluice.linux.nftables.expression.Counter;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.HashOf;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MasqueradeSource;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.Nat;
import dev.sluice.linux.nftables.expression.PayloadField;
import dev.sluice.linux.nftables.expression.Reject;
import dev.sluice.linux.nftables.expression.SetAddress;
import dev.sluice.linux.nftables.expression.UpdateSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fake compared with the kernel: the same random transactions, accepted or refused alike, with the same result. */
@Timeout(300)
@Tag("slow")
class FakeNftablesTwinTest {
    private static final int TRANSACTIONS = 1500;
    private static final IpFamily FAMILY = IpFamily.IPV4;
    private static final Table TABLE = new Table(FAMILY, "twin");
    private static final List<String> CHAINS = List.of("a", "b", "c", "nat-in", "nat-out", "filter");
    private static final Set<String> OUTCOMES = new TreeSet<>();
    private static final List<String> SETS = List.of("s", "t", "u", "v");

    @BeforeAll
    static void needsRoot() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void behaveAlike(long seed) throws Exception {
        Random random = new Random(seed);
        FakeNftables fake = new FakeNftables();
        try (NetworkNamespace namespace = NetworkNamespace.create("twin");
                NetlinkNftables kernel = namespace.call(NetlinkNftables::open)) {
            for (int i = 0; i < TRANSACTIONS; i++) {
                List<NftCommand> commands = transaction(random);
                String expected = outcome(kernel, commands);
                OUTCOMES.add(expected.replaceAll("^.*: (E[A-Z]+) .*$", "$1").replaceAll("^Committed.*", "done"));
                assertThat(outcome(fake, commands))
                        .as("transaction %s of %s", i, commands)
                        .isEqualTo(expected);
                assertThat(content(fake)).as("after %s", commands).isEqualTo(content(kernel));
            }
        }
    }

    @AfterAll
    static void everyKindOfRefusalWasMet() {
        assertThat(OUTCOMES)
                .contains("done", "EBUSY", "EEXIST", "EINVAL", "EMLINK", "ENFILE", "ENODATA", "ENOENT", "EOPNOTSUPP");
    }

    private static String outcome(Nftables nftables, List<NftCommand> commands) throws KernelException {
        try {
            return nftables.commit(commands).toString();
        } catch (RefusedCommand e) {
            return commands.indexOf(e.command()) + " "
                    + String.valueOf(e.getMessage()).replaceAll(" \\(kernel: .*", "");
        }
    }

    /** All that can be listed, with times as whether there is one. */
    private static String content(Nftables nftables) throws KernelException {
        StringBuilder text = new StringBuilder();
        nftables.listChains(TABLE).forEach(chain -> text.append(chain).append('\n'));
        nftables.listRules(TABLE)
                .forEach(rule -> text.append(rule.rule())
                        .append(' ')
                        .append(rule.packets())
                        .append('\n'));
        for (Nftables.SetHeader header : sorted(nftables.sets(TABLE))) {
            text.append(header).append('\n');
            NftSet set = header.set().orElseThrow();
            nftables.elements(TABLE, set).orElseThrow().stream()
                    .map(e -> "  " + e.key() + " " + e.end() + " " + e.value() + " " + (e.timeout() != null) + " "
                            + e.comment() + " " + e.limit())
                    .sorted()
                    .forEach(element -> text.append(element).append('\n'));
        }
        return text.toString();
    }

    private static List<Nftables.SetHeader> sorted(List<Nftables.SetHeader> headers) {
        return headers.stream()
                .sorted((one, other) -> one.name().compareTo(other.name()))
                .toList();
    }

    private static <T> T pick(Random random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static List<NftCommand> transaction(Random random) {
        List<NftCommand> commands = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        while (commands.size() < count) {
            commands.add(command(random));
        }
        return commands;
    }

    private static NftCommand command(Random random) {
        String chain = pick(random, CHAINS);
        String set = pick(random, SETS);
        return switch (random.nextInt(64)) {
            case 0 -> new NftCommand.DeleteTable(TABLE);
            case 1, 2, 3 -> new NftCommand.AddTable(TABLE, "twin", random.nextInt(8) == 0);
            case 4, 5, 6, 7, 8, 9, 10, 11 -> new NftCommand.AddChain(TABLE, chain(random, chain));
            case 12 -> new NftCommand.FlushChain(TABLE, chain);
            case 13, 14, 15 -> new NftCommand.DeleteChain(TABLE, chain);
            case 16, 17, 18, 19, 20, 21, 22, 23 -> new NftCommand.AddSet(TABLE, set(random, set));
            case 24 -> new NftCommand.DeleteSet(TABLE, set);
            case 25 -> new NftCommand.FlushSet(TABLE, set);
            case 26, 27, 28, 29, 30, 31 -> new NftCommand.DeleteElements(TABLE, set, elements(random, set));
            case 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45 ->
                new NftCommand.AddElements(TABLE, set, elements(random, set));
            default -> new NftCommand.AddRule(TABLE, rule(random, chain));
        };
    }

    private static NftChain chain(Random random, String name) {
        BaseHook hook = switch (name) {
            case "nat-in" -> new BaseHook("nat", Hook.PREROUTING, random.nextInt(6) == 0 ? -300 : -100);
            case "nat-out" -> new BaseHook("nat", random.nextInt(6) == 0 ? Hook.FORWARD : Hook.POSTROUTING, 100);
            case "filter" -> new BaseHook("filter", Hook.INPUT, random.nextInt(4));
            default -> null;
        };
        return new NftChain(name, random.nextInt(8) == 0 ? null : hook, random.nextInt(3) == 0 ? "x".repeat(130) : "");
    }

    /** Mostly of the type that goes with the name. */
    private static NftSet set(Random random, String name) {
        List<DataType> address = List.of(DataType.IPV4_ADDR);
        return switch (random.nextInt(10) == 0 ? pick(random, SETS) : name) {
            case "s" -> NftSet.map(name, address, List.of(DataType.MARK));
            case "t" -> NftSet.verdicts(name, address);
            case "u" ->
                NftSet.set(name, List.of(DataType.IPV4_ADDR, DataType.INET_SERVICE))
                        .with(Flag.INTERVAL);
            default ->
                NftSet.map(name, address, List.of(DataType.MARK))
                        .with(Flag.TIMEOUT, Flag.DYNAMIC)
                        .withSize(3);
        };
    }

    private static Words address(Random random) {
        return new Words.Builder()
                .address(IpAddress.of("10.0.0." + (1 + random.nextInt(6))))
                .build();
    }

    private static Words addressAndPort(Random random) {
        return new Words.Builder()
                .address(IpAddress.of("10.0.0." + (1 + random.nextInt(6))))
                .port(80 + random.nextInt(6))
                .build();
    }

    private static List<SetElement> elements(Random random, String set) {
        return Stream.generate(() -> element(random, random.nextInt(12) == 0 ? pick(random, SETS) : set))
                .limit(1 + random.nextInt(3))
                .toList();
    }

    private static SetElement element(Random random, String set) {
        String comment = random.nextInt(3) == 0 ? "of " + random.nextInt(2) : "";
        Duration timeout = random.nextInt(3) == 0 ? Duration.ofHours(1) : null;
        SetElement plain = switch (set) {
            case "s" -> new SetElement(address(random), null, mark(random), null, comment);
            case "t" -> new SetElement(address(random), null, verdict(random), null, comment);
            case "u" -> new SetElement(addressAndPort(random), end(random), null, null, comment);
            default -> new SetElement(address(random), null, mark(random), timeout, comment);
        };
        return random.nextInt(8) == 0 ? plain.withLimit(new ConnectionLimit(random.nextInt(3))) : plain;
    }

    private static @Nullable Words end(Random random) {
        return random.nextInt(3) == 0 ? null : addressAndPort(random);
    }

    private static Value mark(Random random) {
        return Words.number(random.nextInt(2));
    }

    private static Verdict verdict(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> Verdict.DROP;
            case 1 -> Verdict.goTo(pick(random, CHAINS));
            default -> Verdict.jump(pick(random, List.of("a", "b", "c")));
        };
    }

    private static NftRule rule(Random random, String chain) {
        PayloadField client = PayloadField.source(FAMILY, 0);
        String set = pick(random, SETS);
        List<Expression> expressions = switch (random.nextInt(16)) {
            case 0 -> List.of(client, Lookup.in(set, 0), Immediate.verdict(Verdict.DROP));
            case 1 -> List.of(client, Lookup.load(set, 0, 1), MetaField.set(MetaField.Key.MARK, 1));
            case 2 -> List.of(client, Lookup.verdict(set, 0));
            case 3, 4, 5 -> List.of(new Counter(), Immediate.verdict(verdict(random)));
            case 6 -> List.of(client, PayloadField.destinationPort(1), new Nat(FAMILY, 0, 1));
            case 7 -> List.of(new MasqueradeSource());
            case 8 -> List.of(new Reject(FAMILY));
            case 9 ->
                List.of(
                        client,
                        MetaField.load(MetaField.Key.MARK, 4),
                        new UpdateSet(set, 0, 4, Duration.ofSeconds(10)));
            case 10 -> List.of(client, Compare.equal(1, Words.number(0)));
            case 11 -> List.of(new PayloadField(PayloadField.Header.NETWORK, 0, 8, 15));
            case 12 ->
                List.of(client, new HashOf(random.nextInt(2), 4, 1, random.nextInt(3), 7), Lookup.load(set, 0, 1));
            case 13 ->
                List.of(
                        new ConnectionField(ConnectionField.Key.DIRECTION, 0),
                        Compare.equal(0, Words.of(new byte[1])),
                        ConnectionField.replyDestination(FAMILY, 1),
                        new SetAddress(FAMILY, random.nextBoolean(), random.nextInt(3)));
            case 14 -> List.of(client, Lookup.load(set, 0, 1), new SetAddress(FAMILY, true, 1));
            default -> List.of(client, PayloadField.destinationPort(1), Lookup.notIn(set, 0), new Counter());
        };
        return new NftRule(chain, expressions, random.nextInt(4) == 0 ? "why" : "");
    }
}
