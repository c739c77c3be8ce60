// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.testkit.contract.BackendInLab;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** A backend in the lab, whose packets go through the real kernel. */
abstract class TrafficLab {
    static Lab lab;
    IpFamily family = IpFamily.IPV4;
    private Optional<BackendInLab<NftablesBackend>> running = Optional.empty();

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @BeforeAll
    static void build() {
        lab = Lab.create();
    }

    @AfterAll
    static void remove() {
        lab.close();
    }

    void start(IpFamily with) {
        open(with);
        node().sync(Changes.all());
    }

    private void open(IpFamily with) {
        family = with;
        Cidr pods = Cidr.of(v4() ? "10.244.0.0/16" : "fd00:244::/32");
        NftablesConfig config =
                configured(NftablesConfig.defaults(with).withLocalDetector(new LocalDetector.SourceCidr(pods)));
        running = Optional.of(new BackendInLab<>(
                lab, with, () -> new NftablesBackend(config, NetlinkNftables.open(), NetlinkLinks.open())));
    }

    /** The configuration of the test. */
    NftablesConfig configured(NftablesConfig defaults) {
        return defaults;
    }

    BackendInLab<NftablesBackend> node() {
        return running.orElseThrow();
    }

    /** As a new process begins, with the same Services: what the old one had in the kernel stays. */
    void restart() {
        BackendInLab<NftablesBackend> old = node();
        old.backend.close();
        open(family);
        old.snapshot.ports().forEach(node().snapshot::put);
        node().sync(Changes.all());
    }

    @AfterEach
    void stop() {
        running.ifPresent(BackendInLab::close);
        running = Optional.empty();
    }

    boolean v4() {
        return family == IpFamily.IPV4;
    }

    IpAddress address(String v4, String v6) {
        return IpAddress.of(v4() ? v4 : v6);
    }

    IpAddress cluster() {
        return address("10.96.0.50", "fd00:96::50");
    }

    ServicePorts service(Protocol protocol) {
        return ServicePorts.of(protocol, "shop/web", cluster().toString(), 80);
    }

    List<Endpoint> endpoints(int port, String... pods) {
        return Arrays.stream(pods)
                .map(pod -> {
                    String at = LabAddresses.of(pod, family).toString();
                    return LabAddresses.nodeOf(pod).equals(LabAddresses.NODE_A)
                            ? Endpoints.local(at, port)
                            : Endpoints.remote(at, port);
                })
                .toList();
    }

    void put(ServicePorts service, int port, String... pods) {
        node().snapshot.put(resolved(service.build(), endpoints(port, pods)));
        SyncReport report = node().sync();
        assertThat(report.problems()).isEmpty();
    }

    static String dump() {
        return lab.node().run("nft", "list", "ruleset").orThrow();
    }

    static Outcome.Answer answer(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Answer.class);
        return (Outcome.Answer) outcome;
    }

    Outcome ask(LabHost host, Protocol protocol, IpAddress address, int port) {
        return protocol == Protocol.TCP ? host.tcp(address, port) : host.udp(address, port);
    }
}
