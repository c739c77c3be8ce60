// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.namespace.IpCommand;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.route.Links.AddressResult;
import dev.sluice.linux.route.Links.Link;
import dev.sluice.linux.route.Links.LinkAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real kernel, in a namespace. */
@RootOnly
@Timeout(60)
@Tag("slow")
final class NetlinkLinksTest {
    private NetworkNamespace namespace;
    private NetlinkLinks links;

    @BeforeEach
    void open() throws Exception {
        namespace = NetworkNamespace.create("links");
        links = namespace.call(NetlinkLinks::open);
    }

    @AfterEach
    void close() {
        links.close();
        namespace.close();
    }

    private List<String> addressesOf(String link) throws NetlinkException {
        return links.addresses().stream()
                .filter(address ->
                        address.linkName().equals(link) && !address.address().isLinkLocal())
                .map(address -> address.address() + "/" + address.prefixLength())
                .toList();
    }

    @Test
    void linksHaveKindAndState() throws Exception {
        IpCommand.run(namespace, "link add v0 type veth peer name v1");
        IpCommand.run(namespace, "link add br0 type bridge");
        links.setUp("v0");
        assertThat(links.links())
                .extracting(link -> link.name() + " " + link.kind() + " " + link.up() + " " + link.loopback())
                .containsExactlyInAnyOrder(
                        "lo  true true", "v0 veth true false", "v1 veth false false", "br0 bridge false false");
        assertThat(links.link("v0"))
                .hasValueSatisfying(link -> assertThat(link.kind()).isEqualTo("veth"));
        links.deleteLink("v0");
        assertThat(links.link("v1")).as("the other end goes, too").isEmpty();
    }

    @Test
    void missingLinkIsNamed() throws NetlinkException {
        assertThat(links.link("nope")).isEmpty();
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> links.deleteLink("nope"))
                .withMessageContaining("delete link nope")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> links.addAddresses("nope", List.of(IpAddress.of("10.0.0.1"))))
                .matches(NetlinkException::notFound);
    }

    @Test
    void takenNameIsRefused() {
        assertThatExceptionOfType(NetlinkException.class)
                .isThrownBy(() -> links.createDummy("lo"))
                .matches(NetlinkException::alreadyExists);
    }

    @Test
    void addressesOfBothFamiliesComeAndGoInBatches() throws Exception {
        IpCommand.run(namespace, "link add br0 type bridge");
        List<IpAddress> wanted =
                List.of(IpAddress.of("10.96.0.1"), IpAddress.of("fd00:96::1"), IpAddress.of("10.96.0.2"));
        AddressResult added = links.addAddresses("br0", wanted);
        assertThat(added.failures()).isEmpty();
        assertThat(added.messages()).isEqualTo(3);
        assertThat(added.bytes()).isEqualTo(2 * 60 + 92);
        assertThat(addressesOf("br0")).containsExactlyInAnyOrder("10.96.0.1/32", "10.96.0.2/32", "fd00:96::1/128");
        assertThat(links.addresses().stream()
                        .filter(a -> a.linkName().equals("br0"))
                        .map(LinkAddress::deprecated))
                .as("none is chosen as a source")
                .containsExactly(true, true, true);
        assertThat(links.addAddresses("br0", wanted).failures())
                .as("there already")
                .isEmpty();
        assertThat(links.deleteAddresses("br0", wanted.subList(0, 2)).failures())
                .isEmpty();
        assertThat(links.deleteAddresses("br0", wanted).failures())
                .as("gone already")
                .isEmpty();
        assertThat(addressesOf("br0")).isEmpty();
    }

    @Test
    void anAddressThatIsThereIsNoLongerChosenAsASource() throws Exception {
        IpCommand.run(namespace, "link add br0 type bridge");
        IpCommand.run(namespace, "addr add fd00:96::1/128 dev br0 nodad");
        IpCommand.run(namespace, "addr add 10.96.0.1/32 dev br0");
        assertThat(links.addresses())
                .filteredOn(a -> a.linkName().equals("br0"))
                .noneMatch(LinkAddress::deprecated);

        links.addAddresses("br0", List.of(IpAddress.of("fd00:96::1"), IpAddress.of("10.96.0.1")));

        assertThat(links.addresses())
                .filteredOn(a -> a.linkName().equals("br0"))
                .hasSize(2)
                .allMatch(LinkAddress::deprecated);
    }

    @Test
    void refusedAddressDoesNotStopTheOthers() throws Exception {
        IpCommand.run(namespace, "link add br0 type bridge");
        List<IpAddress> wanted = List.of(IpAddress.of("10.0.0.1"), IpAddress.of("ff02::5"), IpAddress.of("10.0.0.2"));
        AddressResult result = links.addAddresses("br0", wanted);
        assertThat(result.failures()).singleElement().satisfies(failure -> {
            assertThat(failure.address()).isEqualTo(IpAddress.of("ff02::5"));
            assertThat(failure.error().getMessage()).contains("add address ff02::5/128 to link br0");
        });
        assertThat(addressesOf("br0")).containsExactlyInAnyOrder("10.0.0.1/32", "10.0.0.2/32");
    }

    @Test
    void thousandsOfAddresses() throws Exception {
        IpCommand.run(namespace, "link add br0 type bridge");
        List<IpAddress> many = IntStream.range(0, 5000)
                .mapToObj(i -> IpAddress.of("10." + (100 + i / 10_000) + "." + i / 250 + "." + (1 + i % 250)))
                .toList();
        assertThat(links.addAddresses("br0", many).failures()).isEmpty();
        assertThat(addressesOf("br0")).hasSize(5000);
        assertThat(links.deleteAddresses("br0", many).failures()).isEmpty();
        assertThat(addressesOf("br0")).isEmpty();
    }

    @Test
    void dummyIsLeftDown() throws NetlinkException {
        try {
            links.createDummy("kube-ipvs0");
        } catch (NetlinkException e) {
            assertThat(e.getMessage()).contains("modprobe dummy");
            assumeTrue(!e.unsupported(), e.getMessage());
            throw e;
        }
        assertThat(links.link("kube-ipvs0")).hasValueSatisfying(link -> {
            assertThat(link.kind()).isEqualTo("dummy");
            assertThat(link.up()).isFalse();
        });
        List<IpAddress> wanted = List.of(IpAddress.of("10.96.0.1"), IpAddress.of("fd00:96::1"));
        assertThat(links.addAddresses("kube-ipvs0", wanted).failures()).isEmpty();
        assertThat(addressesOf("kube-ipvs0")).containsExactlyInAnyOrder("10.96.0.1/32", "fd00:96::1/128");
        assertThat(links.links()).extracting(Link::name).contains("kube-ipvs0");
        links.deleteLink("kube-ipvs0");
        assertThat(links.link("kube-ipvs0")).isEmpty();
    }

    @Test
    void theHostsOwnConnectionsMayOutliveAnAddress() throws Exception {
        IpCommand.run(namespace, "link add v0 type veth peer name v1");
        IpCommand.run(namespace, "link add br0 type bridge");
        IpCommand.run(namespace, "address add 192.0.2.7/24 dev v0");
        IpCommand.run(namespace, "-6 address add 2001:db8::7/64 dev v0 nodad");
        for (String link : List.of("lo", "v0", "v1")) {
            links.setUp(link);
        }
        for (List<String> each : List.of(
                List.of("10.96.0.1", "192.0.2.1", "192.0.2.7"), List.of("fd00::1", "2001:db8::1", "2001:db8::7"))) {
            List<IpAddress> addresses = List.of(IpAddress.of(each.get(0)));
            links.addAddresses("br0", addresses);
            String route = "route get " + each.get(0);
            // the kernel adds the route of an IPv6 address a moment later
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(IpCommand.run(namespace, route))
                            .contains("local " + each.get(0), "src " + each.get(0)));
            assertThat(links.replaceSource("br0", addresses, IpAddress.of(each.get(1))))
                    .isTrue();
            assertThat(IpCommand.run(namespace, route)).contains("local " + each.get(0), "src " + each.get(2));
            links.deleteReplacedSource(addresses);
            links.deleteAddresses("br0", addresses);
            assertThat(IpCommand.run(namespace, "route show table local")
                            + IpCommand.run(namespace, "-6 route show table local"))
                    .doesNotContain(each.get(0) + " ");
        }
    }

    @Test
    void withoutAWayToOthersAnAddressStaysItsOwnSource() throws Exception {
        IpCommand.run(namespace, "link add br0 type bridge");
        List<IpAddress> addresses = List.of(IpAddress.of("10.96.0.1"));
        links.addAddresses("br0", addresses);
        assertThat(links.replaceSource("br0", addresses, IpAddress.of("192.0.2.1")))
                .isFalse();
    }
}
