package dev.sluice.linux.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against the real kernel, in a namespace. */
@RootOnly
@Timeout(60)
final class NetlinkRoutesTest {
    private NetworkNamespace namespace;
    private NetlinkRoutes routes;
    private int link;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create("routes");
        routes = namespace.call(NetlinkRoutes::open);
        link = namespace.call(() -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                links.createVeth("v0", "v1");
                links.setUp("v0");
                links.setUp("v1");
                links.addAddress("v0", IpAddress.of("10.1.0.1"), 24);
                links.addAddress("v0", IpAddress.of("fd01::1"), 64);
                return links.link("v0").orElseThrow().index();
            }
        });
    }

    @AfterEach
    void close() {
        routes.close();
        namespace.close();
    }

    @ParameterizedTest
    @CsvSource({
        "10.244.0.0/16, 10.1.0.2, 254",
        "0.0.0.0/0, 10.1.0.2, 254",
        "10.7.0.0/24, 10.1.0.2, 1000",
        "fd00:244::/64, fd01::2, 254",
        "::/0, fd01::2, 254",
    })
    void routeThroughAGatewayComesAndGoes(String destination, String gateway, int table) throws NetlinkException {
        Cidr cidr = Cidr.of(destination);
        Route wanted = new Route(cidr, Optional.of(IpAddress.of(gateway)), link, table, Optional.empty());
        routes.add(wanted);
        assertThat(routes.list(cidr.family())).contains(wanted);
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> routes.add(wanted))
                .matches(NetlinkException::alreadyExists);
        routes.delete(wanted);
        assertThat(routes.list(cidr.family())).doesNotContain(wanted);
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> routes.delete(wanted))
                .matches(NetlinkException::notFound)
                .withMessageContaining("delete route " + destination + " via " + gateway);
    }

    @ParameterizedTest
    @CsvSource({"10.9.0.0/24, 10.1.0.1", "fd09::/64, fd01::1"})
    void routeOnALinkHasAPreferredSource(String destination, String source) throws NetlinkException {
        Cidr cidr = Cidr.of(destination);
        Route wanted = new Route(cidr, Optional.empty(), link, Route.MAIN, Optional.of(IpAddress.of(source)));
        routes.add(wanted);
        assertThat(routes.list(cidr.family())).contains(wanted);
    }

    @ParameterizedTest
    @CsvSource({"IPV4, 10.1.0.0/24", "IPV6, fd01::/64"})
    void networksOfTheLinksAreListedAndLocalRoutesAreNot(IpFamily family, String network) throws NetlinkException {
        assertThat(routes.list(family))
                .extracting(Route::destination)
                .contains(Cidr.of(network))
                .allMatch(cidr -> cidr.length() < family.bits());
    }

    @ParameterizedTest
    @CsvSource({"10.5.0.0/24, 192.0.2.1"})
    void gatewayOutOfReachIsRefusedInWords(String destination, String gateway) {
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> routes.add(Route.via(Cidr.of(destination), IpAddress.of(gateway))))
                .withMessageContaining("add route 10.5.0.0/24 via 192.0.2.1")
                .withMessageContaining("kernel: Nexthop has invalid gateway");
    }
}
