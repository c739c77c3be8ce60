// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.addresses;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.LinkChange.AddressDeleted;
import dev.sluice.linux.route.LinkChange.AddressSet;
import dev.sluice.linux.route.LinkChange.LinkDeleted;
import dev.sluice.linux.route.LinkChange.LinkSet;
import dev.sluice.linux.route.LinkChange.Lost;
import dev.sluice.linux.route.Links.Link;
import dev.sluice.testkit.fake.FakeLinks;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which changes of the node's addresses are reported. */
final class NodeAddressWatchTest {
    private static final IpAddress OLD = IpAddress.of("192.0.2.1");
    private static final IpAddress NEW = IpAddress.of("192.0.2.2");
    private static final IpAddress UNIMPORTANT = IpAddress.of("169.254.1.1");

    private final FakeLinks links = new FakeLinks().device("eth0", "").device("eth1", "");
    private final List<String> told = new ArrayList<>();
    private final NodeAddressWatch watch =
            new NodeAddressWatch(links, Set.of("services0"), a -> a.isReachable() && !a.equals(UNIMPORTANT), told::add);
    private int eth0;
    private int eth1;

    @BeforeEach
    void list() throws NetlinkException {
        links.address("eth0", OLD.toString(), 24);
        eth0 = links.link("eth0").orElseThrow().index();
        eth1 = links.link("eth1").orElseThrow().index();
        watch.list();
    }

    @Test
    void whatComesAndGoesIsToldOnce() {
        watch.changed(new AddressSet(eth0, NEW, 24));
        watch.changed(new AddressSet(eth0, NEW, 24));
        watch.changed(new AddressDeleted(eth0, NEW, 24));
        watch.changed(new AddressDeleted(eth0, NEW, 24));

        assertThat(told).containsExactly("the node has got [192.0.2.2]", "the node has lost [192.0.2.2]");
    }

    @Test
    void anAddressThatIsKnownOrWithoutMeaningIsNotTold() {
        watch.changed(new AddressSet(eth0, OLD, 24));
        watch.changed(new AddressSet(eth1, UNIMPORTANT, 32));
        watch.changed(new AddressDeleted(eth1, UNIMPORTANT, 32));

        assertThat(told).isEmpty();
    }

    @Test
    void anAddressOnTwoLinksGoesWithTheLastOne() throws NetlinkException {
        watch.changed(new AddressSet(eth1, OLD, 32));
        watch.changed(new AddressDeleted(eth0, OLD, 24));
        assertThat(told).isEmpty();

        watch.changed(new LinkDeleted(links.link("eth1").orElseThrow()));
        assertThat(told).containsExactly("the node has lost [192.0.2.1]");
    }

    @Test
    void addressesThatAModeBindsForServicesDoNotCount() {
        Link device = new Link(77, "services0", "dummy", true, false);
        watch.changed(new LinkSet(device));
        watch.changed(new AddressSet(device.index(), NEW, 32));

        assertThat(told).isEmpty();
    }

    @Test
    void afterALossEverythingIsReadAgain() {
        links.removeAddress("eth0", OLD.toString());
        links.address("eth1", NEW.toString(), 24);

        watch.changed(new Lost());

        assertThat(told).containsExactly("the node has got [192.0.2.2] and lost [192.0.2.1]");
    }
}
