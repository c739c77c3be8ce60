package dev.sluice.ipvs;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.Link;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The device {@value #NAME}, which makes Services' addresses local, so that IPVS gets to see their packets. It is of type
 * dummy and stays down: the local routes of its addresses exist regardless. They are bound such that the kernel never
 * chooses one as a source by itself; else MASQUERADE would give a client some Service's address, in IPv6 above all.
 */
final class DummyDevice {
    static final String NAME = "kube-ipvs0";
    private static final String KIND = "dummy";

    private final Links links;
    private final IpFamily family;

    DummyDevice(Links links, IpFamily family) {
        this.links = links;
        this.family = family;
    }

    /** Makes the device when it is missing; answers whether it did. */
    boolean ensure() throws NetlinkException {
        if (links.link(NAME).isPresent()) {
            return false;
        }
        try {
            links.createDummy(NAME);
            return true;
        } catch (NetlinkException e) {
            if (e.alreadyExists()) {
                return false;
            }
            throw e;
        }
    }

    Links.AddressResult bind(List<IpAddress> addresses) throws NetlinkException {
        return links.addAddresses(NAME, addresses);
    }

    Links.AddressResult unbind(List<IpAddress> addresses) throws NetlinkException {
        return links.deleteAddresses(NAME, addresses);
    }

    /** The Services' addresses of this family among {@code all}. */
    List<IpAddress> bound(Collection<LinkAddress> all) {
        return all.stream()
                .filter(a -> a.linkName().equals(NAME) && a.address().family() == family)
                .map(LinkAddress::address)
                .filter(a -> !(family == IpFamily.IPV6 && a.isLinkLocal()))
                .toList();
    }

    /** Those of {@link #bound} that the kernel may choose as a source: bound by kube-proxy, or by hand. */
    Set<IpAddress> selectable(Collection<LinkAddress> all) {
        return all.stream()
                .filter(a -> a.linkName().equals(NAME) && a.address().family() == family && !a.deprecated())
                .map(LinkAddress::address)
                .collect(Collectors.toSet());
    }

    /**
     * Takes this family's addresses away, and the device with them once no address of the other family is left. A device
     * of that name that is no dummy is not ours and stays as it is.
     */
    void remove() throws NetlinkException {
        Optional<Link> link = links.link(NAME);
        if (link.isEmpty() || !link.get().kind().equals(KIND)) {
            return;
        }
        List<LinkAddress> all = links.addresses();
        unbind(bound(all));
        boolean othersLeft = all.stream()
                .anyMatch(a -> a.linkName().equals(NAME)
                        && a.address().family() != family
                        && !a.address().isLinkLocal());
        if (!othersLeft) {
            links.deleteLink(NAME);
        }
    }
}
