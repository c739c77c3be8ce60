// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs.BatchResult;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditVirtualServer;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real kernel, in a namespace; skipped where the kernel has no IPVS. */
@RootOnly
@Timeout(240)
@Tag("slow")
final class NetlinkIpvsTest {
    private static final VirtualServerKey WEB = new VirtualServerKey(Protocol.TCP, IpAddress.of("10.96.0.1"), 80);
    private static final VirtualServerKey DNS = new VirtualServerKey(Protocol.UDP, IpAddress.of("fd00:96::a"), 53);
    private static final RealServer POD = new RealServer(IpAddress.of("10.244.1.5"), 8080, 1);

    private NetworkNamespace namespace;
    private NetlinkIpvs ipvs;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create("ipvs");
        try {
            ipvs = namespace.call(NetlinkIpvs::open);
        } catch (NetlinkException e) {
            namespace.close();
            assertThat(e.getMessage()).contains("modprobe ip_vs");
            assumeTrue(!e.notFound(), e.getMessage());
            throw e;
        }
    }

    @AfterEach
    void close() throws NetlinkException {
        if (ipvs != null) {
            deleteAll();
            ipvs.close();
        }
        namespace.close();
    }

    private void deleteAll() throws NetlinkException {
        List<IpvsCommand> deletions = new ArrayList<>();
        for (VirtualServerState service : ipvs.virtualServers()) {
            deletions.add(new DeleteVirtualServer(service.server().key()));
        }
        assertThat(ipvs.apply(deletions).failures()).isEmpty();
    }

    private BatchResult apply(IpvsCommand... commands) throws NetlinkException {
        return ipvs.apply(List.of(commands));
    }

    private String ipvsadm() throws IOException {
        Process process = namespace.call(() ->
                new ProcessBuilder("ipvsadm", "-Sn").redirectErrorStream(true).start());
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    @Test
    void versionAndTimeouts() throws NetlinkException {
        assertThat(ipvs.info().version()).isBetween(0x010200, 0x0102ff);
        assertThat(ipvs.info().connectionTableSize()).isPositive();
        ipvs.setTimeouts(new IpvsTimeouts(901, 121, 301));
        assertThat(ipvs.timeouts()).isEqualTo(new IpvsTimeouts(901, 121, 301));
        ipvs.setTimeouts(new IpvsTimeouts(0, 0, 302));
        assertThat(ipvs.timeouts()).as("0 keeps").isEqualTo(new IpvsTimeouts(901, 121, 302));
    }

    @Test
    void servicesAndDestinationsAreReadAsWritten() throws NetlinkException, IOException {
        VirtualServer web = new VirtualServer(WEB, "rr", VirtualServer.PERSISTENT, 10_800);
        VirtualServer dns = new VirtualServer(DNS, "lc", 0, 0);
        RealServer dnsPod = new RealServer(IpAddress.of("fd00:244::7"), 5353, 3);
        BatchResult result = apply(
                new AddVirtualServer(web),
                new AddRealServer(WEB, POD),
                new AddVirtualServer(dns),
                new AddRealServer(DNS, dnsPod));
        assertThat(result.failures()).isEmpty();
        assertThat(result.messages()).isEqualTo(4);
        assertThat(ipvs.virtualServers())
                .containsExactlyInAnyOrder(
                        new VirtualServerState(web, IpvsStats.ZERO), new VirtualServerState(dns, IpvsStats.ZERO));
        assertThat(ipvs.realServers(WEB)).containsExactly(new RealServerState(POD, 0, 0, 0, 0, IpvsStats.ZERO));
        assertThat(ipvs.realServers(DNS)).extracting(RealServerState::server).containsExactly(dnsPod);
        assertThat(ipvs.realServers(IpFamily.IPV4)).isEqualTo(Map.of(WEB, ipvs.realServers(WEB)));
        assertThat(ipvs.realServers(IpFamily.IPV6)).isEqualTo(Map.of(DNS, ipvs.realServers(DNS)));
        assertThat(ipvsadm())
                .contains("-A -t 10.96.0.1:80 -s rr -p 10800")
                .contains("-a -t 10.96.0.1:80 -r 10.244.1.5:8080 -m -w 1")
                .contains("-A -u [fd00:96::a]:53 -s lc")
                .contains("-a -u [fd00:96::a]:53 -r [fd00:244::7]:5353 -m -w 3");
    }

    @Test
    void changesKeepTheService() throws NetlinkException {
        assertThat(apply(
                                new AddVirtualServer(new VirtualServer(WEB, "rr", 0, 0)),
                                new AddRealServer(WEB, POD),
                                new EditVirtualServer(new VirtualServer(WEB, "sh", VirtualServer.PERSISTENT, 60)),
                                new EditRealServer(WEB, new RealServer(POD.address(), POD.port(), 0)))
                        .failures())
                .isEmpty();
        assertThat(ipvs.virtualServers())
                .extracting(VirtualServerState::server)
                .containsExactly(new VirtualServer(WEB, "sh", VirtualServer.PERSISTENT, 60));
        assertThat(ipvs.realServers(WEB))
                .extracting(state -> state.server().weight())
                .containsExactly(0);
        assertThat(apply(new DeleteRealServer(WEB, POD)).failures()).isEmpty();
        assertThat(ipvs.realServers(WEB)).isEmpty();
        assertThat(apply(new DeleteVirtualServer(WEB)).failures()).isEmpty();
        assertThat(ipvs.virtualServers()).isEmpty();
    }

    @Test
    void refusalsAreReportedEachAndTheRestIsCarriedOut() throws NetlinkException {
        VirtualServer web = new VirtualServer(WEB, "rr", 0, 0);
        BatchResult result = apply(
                new AddVirtualServer(web),
                new AddVirtualServer(web),
                new AddRealServer(DNS, POD),
                new DeleteVirtualServer(DNS),
                new EditRealServer(WEB, POD),
                new AddVirtualServer(new VirtualServer(DNS, "nosuch", 0, 0)),
                new AddRealServer(WEB, POD));
        assertThat(result.failures())
                .extracting(failure -> failure.error().errno())
                .containsExactly(Errno.EEXIST, Errno.ESRCH, Errno.ESRCH, Errno.ENOENT, Errno.ENOENT);
        assertThat(result.failures().getFirst().error().getMessage()).contains("IPVS NEW_SERVICE 10.96.0.1:80/TCP rr");
        assertThat(ipvs.realServers(WEB)).hasSize(1);
    }

    @Test
    void destinationsOfAnUnknownServiceAreNone() throws NetlinkException {
        assertThat(ipvs.realServers(WEB)).isEmpty();
    }

    @Test
    void namespacesAreApart() throws Exception {
        apply(new AddVirtualServer(new VirtualServer(WEB, "rr", 0, 0)));
        try (NetworkNamespace other = NetworkNamespace.create("other");
                NetlinkIpvs there = other.call(NetlinkIpvs::open)) {
            assertThat(there.virtualServers()).isEmpty();
        }
    }

    @Test
    void socketOpenedBeforeAChangeOfThreadIsUsableFromAnywhere() throws Exception {
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                apply(new AddVirtualServer(new VirtualServer(WEB, "rr", 0, 0)));
            } catch (NetlinkException e) {
                throw new IllegalStateException(e);
            }
        });
        thread.join();
        assertThat(ipvs.virtualServers()).hasSize(1);
    }

    @Test
    void thousandServicesOfFive() throws NetlinkException {
        List<IpvsCommand> commands = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            VirtualServerKey key =
                    new VirtualServerKey(Protocol.TCP, IpAddress.of("10.96." + i / 250 + "." + (1 + i % 250)), 80);
            commands.add(new AddVirtualServer(new VirtualServer(key, "rr", 0, 0)));
            for (int j = 1; j <= 5; j++) {
                commands.add(
                        new AddRealServer(key, new RealServer(IpAddress.of("10.244." + j + "." + i % 250), 80, 1)));
            }
        }
        for (int round = 0; round < 3; round++) {
            deleteAll();
            long start = System.nanoTime();
            BatchResult result = ipvs.apply(commands);
            long applied = System.nanoTime();
            assertThat(ipvs.virtualServers()).hasSize(1000);
            long listed = System.nanoTime();
            assertThat(result.failures()).isEmpty();
            System.out.printf(
                    "1,000 services x 5: %d messages, %d bytes in %d ms; listed in %d ms%n",
                    result.messages(), result.bytes(), (applied - start) / 1_000_000, (listed - applied) / 1_000_000);
        }
        long start = System.nanoTime();
        for (VirtualServerState service : ipvs.virtualServers()) {
            assertThat(ipvs.realServers(service.server().key())).hasSize(5);
        }
        long read = System.nanoTime();
        VirtualServerKey last = commands.getLast().virtualServer();
        BatchResult change = apply(new AddRealServer(last, POD));
        System.out.printf(
                "all destinations read in %d ms; one change of %d bytes in %d us%n",
                (read - start) / 1_000_000, change.bytes(), (System.nanoTime() - read) / 1000);
        assertThat(ipvs.realServers(last)).hasSize(6);
    }
}
