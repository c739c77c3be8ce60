// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.testkit.model.ServicePorts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table in the real kernel, without packets. */
@EnabledIf(value = "isRoot", disabledReason = "needs root to make network namespaces")
@Timeout(300)
@Tag("slow")
class NftablesKernelTest {
    private static final List<Protocol> PROTOCOLS = List.of(Protocol.TCP, Protocol.UDP, Protocol.SCTP);

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static KernelTable table(IpFamily family) throws Exception {
        Cidr pods = Cidr.of(family == IpFamily.IPV4 ? "10.244.0.0/16" : "fd00:244::/32");
        return new KernelTable(NftablesConfig.defaults(family)
                .withLocalDetector(new LocalDetector.SourceCidr(pods))
                .withLocalhostNodePorts());
    }

    private static String address(IpFamily family, int net, int host) {
        return family == IpFamily.IPV4 ? "10." + net + ".0." + host : "fd00:" + net + "::" + host;
    }

    private static ServicePorts web(IpFamily family) {
        return ServicePorts.tcp("shop/web:http", address(family, 96, 50), 80);
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void nftListsTheTableWithTheNamesOfServices(IpFamily family) throws Exception {
        try (KernelTable table = table(family)) {
            table.snapshot.withServiceRanges(Cidr.of(family == IpFamily.IPV4 ? "10.96.0.0/12" : "fd00:96::/112"));
            table.fullSync();
            table.snapshot.put(resolved(
                    web(family)
                            .nodePort(30080)
                            .affinity(10_800)
                            .loadBalancer(address(family, 98, 1))
                            .sourceRanges(family == IpFamily.IPV4 ? "198.51.100.0/24" : "2001:db8:5::/48")
                            .externalPolicyLocal()
                            .build(),
                    local(address(family, 244, 5), 8080),
                    remote(address(family, 244, 7), 8080)));
            table.snapshot.put(resolved(
                    ServicePorts.udp("kube-system/dns", address(family, 96, 10), 53)
                            .build(),
                    remote(address(family, 244, 9), 53)));
            table.snapshot.put(resolved(
                    ServicePorts.tcp("shop/hashed", address(family, 96, 11), 80)
                            .annotations(Map.of("sluice.dev/scheduler", "sh", "sluice.dev/max-connections", "7"))
                            .build(),
                    remote(address(family, 244, 9), 80)));
            SyncReport report = table.sync();

            assertThat(report.full()).isFalse();
            assertThat(report.problems()).isEmpty();
            String listing = table.nft("nft", "list", "ruleset");
            assertThat(listing)
                    .contains(family == IpFamily.IPV4 ? "10.96.0.0/12 . 0-255" : "fd00:96::/112 . 0-255")
                    .contains("comment \"shop/web:http/tcp\"")
                    .contains("comment \"kube-system/dns/udp cluster\"")
                    .contains("numgen random mod 2 map @sticky-slots")
                    .contains("numgen random mod 1 map @slots")
                    .contains(" saddr mod 251 seed 0x736c7563 map @slots")
                    .contains("ct count over 7 comment \"shop/hashed/tcp\"")
                    .contains("dnat " + (family == IpFamily.IPV4 ? "ip" : "ip6") + " to meta priority");
        }
    }

    /** Random histories: syncs of named changes end where a full sync finds nothing to write. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void incrementalEqualsFull(IpFamily family) throws Exception {
        for (long seed = 1; seed <= 6; seed++) {
            Random random = new Random(seed);
            try (KernelTable table = table(family)) {
                table.snapshot.withServiceRanges(Cidr.of(family == IpFamily.IPV4 ? "10.96.0.0/12" : "fd00:96::/112"));
                table.fullSync();
                for (int step = 0; step < 60; step++) {
                    for (int i = random.nextInt(4); i >= 0; i--) {
                        change(table, random);
                    }
                    SyncReport report = table.sync();
                    assertThat(report.full())
                            .as("step %s of seed %s", step, seed)
                            .isFalse();
                    assertThat(report.problems()).isEmpty();
                }
                List<String> before = table.dump();
                SyncReport full = table.fullSync();
                assertThat(withoutKinds(table.dump())).as("seed %s", seed).isEqualTo(withoutKinds(before));
                assertThat(table.fullSync().cost().messages())
                        .as("a second full sync has nothing to add")
                        .isZero();
                List<String> complete = table.dump();
                table.restart();
                SyncReport adopted = table.fullSync();
                assertThat(table.dump()).as("adopted, seed %s", seed).isEqualTo(complete);
                assertThat(adopted.applied()).isEqualTo(full.applied());
            }
        }
    }

    /** Chains of kinds that no Service has any more, and what leads to them, go with a full sync only. */
    private static List<String> withoutKinds(List<String> dump) {
        return dump.stream()
                .filter(line -> !line.matches("chain (choose|client|address|sticky|keep)-.*"
                        + "|.*(mod \\d+ (seed \\w+ )?map @|@affinity|@sticky-targets|@sticky-members).*"
                        + "|.*: goto (choose|client|address|sticky)-.*"))
                .toList();
    }

    /** A table that is there keeps the comment that it was made with. */
    private static List<String> withoutComment(List<String> dump) {
        return dump.stream()
                .filter(line -> !line.matches("comment \"Services|written by Sluice\""))
                .toList();
    }

    private static void change(KernelTable table, Random random) {
        int number = random.nextInt(10);
        if (random.nextInt(4) == 0) {
            table.snapshot.remove(ServicePorts.name(PROTOCOLS.get(number % 3), "ns/s" + number));
        } else {
            table.snapshot.put(port(table.family, number, random));
        }
    }

    private static ResolvedPort port(IpFamily family, int number, Random random) {
        // several ports share a cluster address, and endpoints
        ServicePorts port = ServicePorts.of(
                PROTOCOLS.get(number % 3), "ns/s" + number, address(family, 96, 1 + number / 2), 80 + number);
        if (random.nextBoolean()) {
            port.nodePort(30_000 + number);
        }
        if (random.nextInt(3) == 0) {
            port.externalPolicyLocal();
        }
        if (random.nextInt(3) == 0) {
            port.internalPolicyLocal();
        }
        if (random.nextInt(3) == 0) {
            port.externalIps(address(family, 97, 1 + random.nextInt(3)));
        }
        if (random.nextInt(2) == 0) {
            port.loadBalancer(address(family, 98, 1 + number / 4));
            if (family == IpFamily.IPV4) {
                port.sourceRanges("198.51.100.0/24", "192.0." + random.nextInt(3) + ".0/" + (16 + random.nextInt(9)));
            } else {
                port.sourceRanges("2001:db8:5::/48", "2001:db8::/" + (32 + random.nextInt(32)));
            }
        }
        if (random.nextInt(4) == 0) {
            port.affinity(60 + random.nextInt(2));
        }
        if (random.nextInt(4) == 0) {
            port.annotations(Map.of("sluice.dev/scheduler", random.nextBoolean() ? "sh" : "dh"));
        } else if (random.nextInt(3) == 0) {
            port.annotations(Map.of("sluice.dev/max-connections", Integer.toString(1 + random.nextInt(3))));
        }
        boolean weighted = random.nextInt(3) == 0;
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 1; i < 6; i++) {
            if (random.nextInt(2) == 0) {
                Endpoint endpoint = i < 3
                        ? local(address(family, 244, i), 8000 + number % 4)
                        : remote(address(family, 245, i), 8000 + number % 4);
                endpoints.add(weighted ? withWeight(endpoint, random.nextInt(1 << random.nextInt(7))) : endpoint);
            }
        }
        return resolved(port.build(), endpoints);
    }

    private static Endpoint withWeight(Endpoint endpoint, int weight) {
        return new Endpoint(
                endpoint.address(),
                endpoint.port(),
                endpoint.local(),
                endpoint.ready(),
                endpoint.serving(),
                endpoint.terminating(),
                endpoint.zoneHints(),
                endpoint.nodeHints(),
                weight);
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void whatOthersChangedIsRepaired(IpFamily family) throws Exception {
        String in = family == IpFamily.IPV4 ? "ip" : "ip6";
        try (KernelTable table = table(family)) {
            table.fullSync();
            table.snapshot.put(resolved(
                    web(family).nodePort(30080).build(),
                    local(address(family, 244, 5), 8080),
                    remote(address(family, 244, 7), 8080)));
            table.sync();
            List<String> complete = table.dump();

            table.nft("nft", "flush", "map", in, "sluice", "slots");
            assertThat(table.dump()).isNotEqualTo(complete);
            table.fullSync();
            assertThat(table.dump()).isEqualTo(complete);

            table.nft("nft", "insert", "rule", in, "sluice", "services", "drop");
            table.fullSync();
            assertThat(table.dump()).isEqualTo(complete);

            table.nft("nft", "flush", "chain", in, "sluice", "choose-2");
            table.fullSync();
            assertThat(table.dump()).isEqualTo(complete);

            table.nft("nft", "delete", "table", in, "sluice");
            table.snapshot.put(resolved(
                    web(family).nodePort(30080).build(),
                    local(address(family, 244, 5), 8080),
                    remote(address(family, 244, 7), 8080)));
            SyncReport report = table.sync();
            assertThat(report.full())
                    .as("nothing had changed for a partial sync")
                    .isFalse();
            table.fullSync();
            assertThat(table.dump()).isEqualTo(complete);

            table.nft("nft", "delete", "table", in, "sluice");
            table.snapshot.remove(web(family).build().name());
            assertThat(table.sync().full()).isTrue();
            table.cleanUp();
            assertThat(table.nft("nft", "list", "ruleset")).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aForeignTableOfOurNameIsReplaced(IpFamily family) throws Exception {
        String in = family == IpFamily.IPV4 ? "ip" : "ip6";
        try (KernelTable table = table(family)) {
            table.snapshot.put(resolved(web(family).nodePort(30080).build(), local(address(family, 244, 5), 8080)));
            table.fullSync();
            List<String> complete = table.dump();
            table.cleanUp();
            table.nft(
                    "nft",
                    "add table " + in + " sluice; add set " + in + " sluice slots { type mark; };"
                            + " add chain " + in + " sluice services; add map " + in
                            + " sluice theirs { type mark : verdict; };"
                            + " add element " + in + " sluice theirs { 1 : goto services };"
                            + " add rule " + in + " sluice services meta mark @slots meta mark vmap @theirs");
            table.restart();
            table.fullSync();
            assertThat(withoutComment(table.dump())).isEqualTo(withoutComment(complete));

            table.cleanUp();
            table.nft(
                    "nft",
                    "add table " + in + " sluice; add chain " + in
                            + " sluice nat-output { type filter hook input priority 0; policy drop; }");
            table.restart();
            table.fullSync();
            assertThat(table.dump()).isEqualTo(complete);
        }
    }

    /** The kernel refuses a range that overlaps another one of the same address and port. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aServiceThatTheKernelRefusesIsLeftOut(IpFamily family) throws Exception {
        boolean v4 = family == IpFamily.IPV4;
        String vip = address(family, 98, 1);
        try (KernelTable table = table(family)) {
            table.fullSync();
            table.snapshot.put(resolved(
                    web(family)
                            .loadBalancer(vip)
                            .sourceRanges(
                                    v4 ? "192.0.2.0/24" : "2001:db8:5::/64", v4 ? "198.51.0.0/16" : "2001:db8:6::/48")
                            .build(),
                    remote(address(family, 244, 5), 8080)));
            table.sync();
            table.snapshot.put(resolved(
                    ServicePorts.tcp("shop/twin", address(family, 96, 51), 80)
                            .loadBalancer(vip)
                            .sourceRanges(
                                    v4 ? "192.0.0.0/16" : "2001:db8:5::/48",
                                    v4 ? "198.51.100.0/24" : "2001:db8:6:1::/64")
                            .build(),
                    remote(address(family, 244, 6), 8080)));
            table.snapshot.put(resolved(
                    ServicePorts.tcp("shop/other", address(family, 96, 52), 80).build(),
                    remote(address(family, 244, 7), 8080)));

            SyncReport report = table.sync();

            assertThat(report.problems()).hasSize(1);
            assertThat(report.problems().getFirst().toString())
                    .contains("shop/")
                    .contains("refused");
            assertThat(table.nft("nft", "list", "ruleset")).contains("shop/other/tcp");
            table.snapshot.remove(ServicePorts.tcp("shop/twin", address(family, 96, 51), 80)
                    .build()
                    .name());
            table.sync();
            assertThat(table.fullSync().problems()).isEmpty();
        }
    }
}
