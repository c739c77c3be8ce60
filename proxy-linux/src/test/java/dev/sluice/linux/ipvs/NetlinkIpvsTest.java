package dev.sluice.linux.ipvs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs.BatchResult;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteDestination;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteService;
import dev.sluice.linux.ipvs.IpvsCommand.NewDestination;
import dev.sluice.linux.ipvs.IpvsCommand.NewService;
import dev.sluice.linux.ipvs.IpvsCommand.SetDestination;
import dev.sluice.linux.ipvs.IpvsCommand.SetService;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real kernel, in a namespace; skipped where the kernel has no IPVS. */
@RootOnly
@Timeout(240)
final class NetlinkIpvsTest {
    private static final ServiceKey WEB = new ServiceKey(Protocol.TCP, IpAddress.of("10.96.0.1"), 80);
    private static final ServiceKey DNS = new ServiceKey(Protocol.UDP, IpAddress.of("fd00:96::a"), 53);
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
        for (VirtualServerState service : ipvs.services()) {
            deletions.add(new DeleteService(service.server().key()));
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
                new NewService(web),
                new NewDestination(WEB, POD),
                new NewService(dns),
                new NewDestination(DNS, dnsPod));
        assertThat(result.failures()).isEmpty();
        assertThat(result.messages()).isEqualTo(4);
        assertThat(ipvs.services())
                .containsExactlyInAnyOrder(
                        new VirtualServerState(web, IpvsStats.ZERO), new VirtualServerState(dns, IpvsStats.ZERO));
        assertThat(ipvs.destinations(WEB)).containsExactly(new RealServerState(POD, 0, 0, 0, 0, IpvsStats.ZERO));
        assertThat(ipvs.destinations(DNS)).extracting(RealServerState::server).containsExactly(dnsPod);
        assertThat(ipvs.destinations(IpFamily.IPV4)).isEqualTo(Map.of(WEB, ipvs.destinations(WEB)));
        assertThat(ipvs.destinations(IpFamily.IPV6)).isEqualTo(Map.of(DNS, ipvs.destinations(DNS)));
        assertThat(ipvsadm())
                .contains("-A -t 10.96.0.1:80 -s rr -p 10800")
                .contains("-a -t 10.96.0.1:80 -r 10.244.1.5:8080 -m -w 1")
                .contains("-A -u [fd00:96::a]:53 -s lc")
                .contains("-a -u [fd00:96::a]:53 -r [fd00:244::7]:5353 -m -w 3");
    }

    @Test
    void changesKeepTheService() throws NetlinkException {
        assertThat(apply(
                                new NewService(new VirtualServer(WEB, "rr", 0, 0)),
                                new NewDestination(WEB, POD),
                                new SetService(new VirtualServer(WEB, "sh", VirtualServer.PERSISTENT, 60)),
                                new SetDestination(WEB, new RealServer(POD.address(), POD.port(), 0)))
                        .failures())
                .isEmpty();
        assertThat(ipvs.services())
                .extracting(VirtualServerState::server)
                .containsExactly(new VirtualServer(WEB, "sh", VirtualServer.PERSISTENT, 60));
        assertThat(ipvs.destinations(WEB))
                .extracting(state -> state.server().weight())
                .containsExactly(0);
        assertThat(apply(new DeleteDestination(WEB, POD)).failures()).isEmpty();
        assertThat(ipvs.destinations(WEB)).isEmpty();
        assertThat(apply(new DeleteService(WEB)).failures()).isEmpty();
        assertThat(ipvs.services()).isEmpty();
    }

    @Test
    void refusalsAreReportedEachAndTheRestIsCarriedOut() throws NetlinkException {
        VirtualServer web = new VirtualServer(WEB, "rr", 0, 0);
        BatchResult result = apply(
                new NewService(web),
                new NewService(web),
                new NewDestination(DNS, POD),
                new DeleteService(DNS),
                new SetDestination(WEB, POD),
                new NewService(new VirtualServer(DNS, "nosuch", 0, 0)),
                new NewDestination(WEB, POD));
        assertThat(result.failures())
                .extracting(failure -> failure.error().errno())
                .containsExactly(Errno.EEXIST, Errno.ESRCH, Errno.ESRCH, Errno.ENOENT, Errno.ENOENT);
        assertThat(result.failures().getFirst().error().getMessage()).contains("IPVS NEW_SERVICE 10.96.0.1:80/TCP rr");
        assertThat(ipvs.destinations(WEB)).hasSize(1);
    }

    @Test
    void destinationsOfAnUnknownServiceAreNone() throws NetlinkException {
        assertThat(ipvs.destinations(WEB)).isEmpty();
    }

    @Test
    void namespacesAreApart() throws Exception {
        apply(new NewService(new VirtualServer(WEB, "rr", 0, 0)));
        try (NetworkNamespace other = NetworkNamespace.create("other");
                NetlinkIpvs there = other.call(NetlinkIpvs::open)) {
            assertThat(there.services()).isEmpty();
        }
    }

    @Test
    void socketOpenedBeforeAChangeOfThreadIsUsableFromAnywhere() throws Exception {
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                apply(new NewService(new VirtualServer(WEB, "rr", 0, 0)));
            } catch (NetlinkException e) {
                throw new IllegalStateException(e);
            }
        });
        thread.join();
        assertThat(ipvs.services()).hasSize(1);
    }

    @Test
    void thousandServicesOfFive() throws NetlinkException {
        List<IpvsCommand> commands = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            ServiceKey key = new ServiceKey(Protocol.TCP, IpAddress.of("10.96." + i / 250 + "." + (1 + i % 250)), 80);
            commands.add(new NewService(new VirtualServer(key, "rr", 0, 0)));
            for (int j = 1; j <= 5; j++) {
                commands.add(
                        new NewDestination(key, new RealServer(IpAddress.of("10.244." + j + "." + i % 250), 80, 1)));
            }
        }
        for (int round = 0; round < 3; round++) {
            deleteAll();
            long start = System.nanoTime();
            BatchResult result = ipvs.apply(commands);
            long applied = System.nanoTime();
            assertThat(ipvs.services()).hasSize(1000);
            long listed = System.nanoTime();
            assertThat(result.failures()).isEmpty();
            System.out.printf(
                    "1,000 services x 5: %d messages, %d bytes in %d ms; listed in %d ms%n",
                    result.messages(), result.bytes(), (applied - start) / 1_000_000, (listed - applied) / 1_000_000);
        }
        long start = System.nanoTime();
        for (VirtualServerState service : ipvs.services()) {
            assertThat(ipvs.destinations(service.server().key())).hasSize(5);
        }
        long read = System.nanoTime();
        ServiceKey last = commands.getLast().service();
        BatchResult change = apply(new NewDestination(last, POD));
        System.out.printf(
                "all destinations read in %d ms; one change of %d bytes in %d us%n",
                (read - start) / 1_000_000, change.bytes(), (System.nanoTime() - read) / 1000);
        assertThat(ipvs.destinations(last)).hasSize(6);
    }
}
