// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.IpSets.SetResult;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.SystemCommands;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sets of the real kernel in a namespace, cross-checked with the ipset tool where it is installed. */
@Timeout(120)
@Tag("slow")
class NetlinkIpSetsTest {
    private static final IpAddress A4 = IpAddress.of("10.96.0.10");
    private static final IpAddress B4 = IpAddress.of("10.244.1.5");
    private static final IpAddress A6 = IpAddress.of("fd00:10:96::a");
    private static final IpAddress B6 = IpAddress.of("fd00:10:244::1:5");

    private final SystemCommands commands = new SystemCommands();
    private NetworkNamespace namespace;
    private NetlinkIpSets sets;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        namespace = NetworkNamespace.create("ipset");
        try {
            sets = namespace.call(NetlinkIpSets::open);
        } catch (NetlinkException e) {
            assumeTrue(!e.unsupported(), "this kernel has no ipset");
            throw e;
        }
    }

    @AfterEach
    void close() {
        if (sets != null) {
            sets.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                shape(IpSet.Type.HASH_IP, IpFamily.IPV4, new SetEntry.Ip(A4), new SetEntry.Ip(B4)),
                shape(IpSet.Type.HASH_IP, IpFamily.IPV6, new SetEntry.Ip(A6), new SetEntry.Ip(B6)),
                shape(
                        IpSet.Type.HASH_IP_PORT,
                        IpFamily.IPV4,
                        new SetEntry.IpPort(A4, Protocol.TCP, 80),
                        new SetEntry.IpPort(A4, Protocol.UDP, 80),
                        new SetEntry.IpPort(A4, Protocol.SCTP, 65_535)),
                shape(
                        IpSet.Type.HASH_IP_PORT,
                        IpFamily.IPV6,
                        new SetEntry.IpPort(A6, Protocol.TCP, 443),
                        new SetEntry.IpPort(B6, Protocol.SCTP, 3868)),
                shape(
                        IpSet.Type.HASH_IP_PORT_IP,
                        IpFamily.IPV4,
                        new SetEntry.IpPortIp(B4, Protocol.TCP, 8080, B4),
                        new SetEntry.IpPortIp(B4, Protocol.TCP, 8080, A4)),
                shape(IpSet.Type.HASH_IP_PORT_IP, IpFamily.IPV6, new SetEntry.IpPortIp(B6, Protocol.UDP, 53, A6)),
                shape(
                        IpSet.Type.HASH_IP_PORT_NET,
                        IpFamily.IPV4,
                        new SetEntry.IpPortNet(A4, Protocol.TCP, 80, Cidr.of("198.51.100.0/24")),
                        new SetEntry.IpPortNet(A4, Protocol.TCP, 80, Cidr.of("0.0.0.0/1")),
                        new SetEntry.IpPortNet(A4, Protocol.TCP, 80, Cidr.of("203.0.113.7/32"))),
                shape(
                        IpSet.Type.HASH_IP_PORT_NET,
                        IpFamily.IPV6,
                        new SetEntry.IpPortNet(A6, Protocol.UDP, 53, Cidr.of("2001:db8::/33"))),
                shape(IpSet.Type.BITMAP_PORT, IpFamily.IPV4, new SetEntry.Port(0), new SetEntry.Port(65_535)),
                shape(IpSet.Type.BITMAP_PORT, IpFamily.IPV6, new SetEntry.Port(30_080)));
    }

    private static Arguments shape(IpSet.Type type, IpFamily family, SetEntry... entries) {
        return Arguments.of(IpSet.of("T-" + type, type, family), Set.of(entries));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void addsListsAndDeletes(IpSet set, Set<SetEntry> entries) throws Exception {
        sets.create(set);
        sets.create(set);
        assertThat(sets.list(set)).isEmpty();

        assertThat(apply(set, entries, true).failures()).isEmpty();
        assertThat(apply(set, entries, true).failures()).as("added again").isEmpty();
        assertThat(sets.list(set)).isEqualTo(entries);
        assertThat(sets.names()).containsExactly(set.name());
        assertThat(sets.sizes()).isEqualTo(Map.of(set.name(), (long) entries.size()));
        tool("save").ifPresent(saved -> assertThat(members(saved, set)).isEqualTo(texts(entries)));

        SetEntry gone = entries.iterator().next();
        assertThat(apply(set, Set.of(gone), false).failures()).isEmpty();
        assertThat(apply(set, Set.of(gone), false).failures())
                .as("deleted again")
                .isEmpty();
        assertThat(sets.list(set)).doesNotContain(gone).hasSize(entries.size() - 1);

        sets.destroy(set.name());
        assertThat(sets.names()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void adoptsWhatTheToolMade(IpSet set, Set<SetEntry> entries) throws Exception {
        assumeTrue(commands.find("ipset").isPresent(), "ipset is not installed");
        StringBuilder script =
                new StringBuilder("create " + set.name() + " " + set.type().kernelName());
        script.append(
                set.type() == IpSet.Type.BITMAP_PORT
                        ? " range 0-65535\n"
                        : " family " + (set.family() == IpFamily.IPV4 ? "inet" : "inet6")
                                + " hashsize 1024 maxelem 65536\n");
        entries.forEach(entry -> script.append("add ")
                .append(set.name())
                .append(' ')
                .append(entry)
                .append('\n'));
        CommandRunner.Result made = namespace.call(() -> commands.run(
                Command.of(Duration.ofSeconds(30), "ipset", "restore").reading(script.toString())));
        assertThat(made.errors()).isEmpty();

        sets.create(set);

        assertThat(sets.list(set)).isEqualTo(entries);
    }

    @Test
    void appliesManyChangesAndNamesEachRefusal() throws Exception {
        IpSet set = new IpSet("SMALL", IpSet.Type.HASH_IP_PORT, IpFamily.IPV4, 1500);
        IpSet missing = IpSet.of("MISSING", IpSet.Type.HASH_IP, IpFamily.IPV4);
        sets.create(set);
        List<SetChange> changes = new ArrayList<>();
        for (int port = 1; port <= 1500; port++) {
            changes.add(new SetChange(set, new SetEntry.IpPort(A4, Protocol.TCP, port), true));
        }
        changes.add(700, new SetChange(missing, new SetEntry.Ip(A4), true));
        changes.add(new SetChange(set, new SetEntry.IpPort(A6, Protocol.TCP, 1), true));

        SetResult result = sets.apply(changes);

        assertThat(sets.list(set)).hasSize(1500);
        assertThat(result.messages()).isEqualTo(1502);
        assertThat(result.bytes()).isGreaterThan(1502 * 40);
        assertThat(result.failures())
                .extracting(failure -> changes.indexOf(failure.change()))
                .containsExactly(700, 1501);
        assertThat(result.failures().get(0).error().notFound()).isTrue();
        assertThat(result.failures().get(0).error()).hasMessageContaining("add MISSING 10.96.0.10");
        assertThat(result.failures().get(1).error()).hasMessageContaining("add SMALL fd00:10:96::a,tcp:1");
    }

    @Test
    void saysWhenASetIsFull() throws Exception {
        IpSet set = new IpSet("TINY", IpSet.Type.HASH_IP, IpFamily.IPV4, 1);
        sets.create(set);
        List<SetChange> changes = new ArrayList<>();
        for (int host = 1; host <= 64; host++) {
            changes.add(new SetChange(set, new SetEntry.Ip(IpAddress.of("10.0.0." + host)), true));
        }

        SetResult result = sets.apply(changes);

        assertThat(result.failures()).hasSize(64 - sets.list(set).size()).isNotEmpty();
        assertThat(result.failures().getFirst().error()).hasMessageContaining("the set is full (maxelem 1)");
    }

    @Test
    void refusesAnotherShapeUnderATakenName() throws Exception {
        sets.create(IpSet.of("TAKEN", IpSet.Type.HASH_IP, IpFamily.IPV4));

        NetlinkException type = refusal(() -> sets.create(IpSet.of("TAKEN", IpSet.Type.HASH_IP_PORT, IpFamily.IPV4)));
        NetlinkException family = refusal(() -> sets.create(IpSet.of("TAKEN", IpSet.Type.HASH_IP, IpFamily.IPV6)));

        assertThat(type.alreadyExists()).isTrue();
        assertThat(type).hasMessageContaining("IPSET CREATE TAKEN").hasMessageContaining("ipset destroy TAKEN");
        assertThat(family.alreadyExists()).isTrue();
    }

    @Test
    void refusesToDestroyWhatARuleUses() throws Exception {
        assumeTrue(commands.find("iptables-nft-restore").isPresent(), "iptables-nft is not installed");
        IpSet set = IpSet.of("USED", IpSet.Type.HASH_IP, IpFamily.IPV4);
        sets.create(set);
        CommandRunner.Result rule = namespace.call(() -> commands.run(Command.of(
                Duration.ofSeconds(30), "iptables-nft", "-A", "INPUT", "-m", "set", "--match-set", "USED", "dst")));
        assertThat(rule.errors()).isEmpty();

        NetlinkException used = refusal(() -> sets.destroy("USED"));
        NetlinkException unknown = refusal(() -> sets.destroy("UNKNOWN"));

        assertThat(used.errno()).isEqualTo(Errno.EBUSY);
        assertThat(used).hasMessageContaining("a rule or another set refers to USED");
        assertThat(unknown.notFound()).isTrue();
        assertThat(refusal(() -> sets.list(IpSet.of("UNKNOWN", IpSet.Type.HASH_IP, IpFamily.IPV4)))
                        .notFound())
                .isTrue();
    }

    @Test
    void refusesAPrefixOfLengthZero() throws Exception {
        IpSet set = IpSet.of("NETS", IpSet.Type.HASH_IP_PORT_NET, IpFamily.IPV4);
        sets.create(set);

        SetResult result = apply(set, Set.of(new SetEntry.IpPortNet(A4, Protocol.TCP, 1, Cidr.of("0.0.0.0/0"))), true);

        assertThat(result.failures()).hasSize(1);
        assertThat(result.failures().getFirst().error()).hasMessageContaining("the prefix length is invalid");
    }

    @Test
    void namesTheModuleOfAMissingType() {
        NetlinkException explained = IpSetErrors.explain(
                new NetlinkException("IPSET TYPE", 4098, ""),
                IpSet.of("X", IpSet.Type.HASH_IP_PORT_NET, IpFamily.IPV4));

        assertThat(explained.unsupported()).isTrue();
        assertThat(explained).hasMessageContaining("modprobe ip_set_hash_ipportnet");
    }

    private SetResult apply(IpSet set, Set<SetEntry> entries, boolean add) throws NetlinkException {
        return sets.apply(entries.stream().map(e -> new SetChange(set, e, add)).toList());
    }

    private Optional<String> tool(String command) throws Exception {
        if (commands.find("ipset").isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(namespace.call(() -> commands.run(Command.of(Duration.ofSeconds(30), "ipset", command))
                .output()));
    }

    private static Set<String> members(String saved, IpSet set) {
        String prefix = "add " + set.name() + " ";
        return saved.lines()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()))
                .collect(Collectors.toSet());
    }

    private static Set<String> texts(Set<SetEntry> entries) {
        // the tool leaves a full prefix length out
        return entries.stream()
                .map(entry -> entry.toString().replaceAll("/(32|128)$", ""))
                .collect(Collectors.toSet());
    }

    private static NetlinkException refusal(ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(NetlinkException.class, call);
    }
}
