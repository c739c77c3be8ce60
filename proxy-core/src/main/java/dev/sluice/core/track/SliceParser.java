// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.Weight;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.source.EndpointSliceObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses an EndpointSlice as kube-proxy 1.36 does. Invalid parts are left out and reported; the rest is used. */
final class SliceParser {
    private final EndpointSliceObject object;
    private final String nodeName;
    private final ProblemList problems;

    private SliceParser(EndpointSliceObject object, String nodeName) {
        this.object = object;
        this.nodeName = nodeName;
        this.problems = new ProblemList(ObjectRef.endpointSlice(object.namespace(), object.name()));
    }

    /** @param nodeName the node whose endpoints are local; an empty one makes nothing local */
    static ParsedSlice parse(EndpointSliceObject object, String nodeName) {
        SliceParser parser = new SliceParser(object, nodeName);
        Optional<Slice> slice = parser.slice();
        return new ParsedSlice(slice, parser.problems.toList());
    }

    private Optional<Slice> slice() {
        Optional<IpFamily> family = family();
        if (family.isEmpty()) {
            return Optional.empty();
        }
        String owner = object.labels().getOrDefault(EndpointSliceObject.SERVICE_NAME_LABEL, "");
        if (owner.isEmpty()) {
            problems.skipped(
                    "metadata.labels",
                    EndpointSliceObject.SERVICE_NAME_LABEL + " is absent, so it belongs to no Service; add that label");
            return Optional.empty();
        }
        return Optional.of(new Slice(
                new Slice.Name(object.namespace(), object.name()),
                new ServiceName(object.namespace(), owner),
                family.get(),
                ports(),
                addresses(family.get()),
                weight()));
    }

    private int weight() {
        Weight.check(object.annotations(), "the weight of the Service applies", problems);
        return Weight.of(object.annotations(), Slice.NO_WEIGHT);
    }

    private Optional<IpFamily> family() {
        return switch (object.addressType()) {
            case "IPv4" -> Optional.of(IpFamily.IPV4);
            case "IPv6" -> Optional.of(IpFamily.IPV6);
            default -> {
                problems.skipped("addressType", "'" + object.addressType() + "' is not served; want IPv4 or IPv6");
                yield Optional.empty();
            }
        };
    }

    private List<Slice.Port> ports() {
        List<Slice.Port> ports = new ArrayList<>(object.ports().size());
        for (int i = 0; i < object.ports().size(); i++) {
            EndpointSliceObject.Port port = object.ports().get(i);
            String name = port.name();
            Integer number = port.port();
            Optional<Protocol> protocol = protocol(port.protocol() == null ? "" : port.protocol());
            if (name == null) {
                problems.ignored("ports[" + i + "].name", "absent; an unnamed port has the empty name");
            } else if (number == null || number < 1 || number > 65535) {
                problems.ignored("ports[" + i + "].port", number + " is not a port; want 1 to 65535");
            } else if (protocol.isEmpty()) {
                problems.ignored(
                        "ports[" + i + "].protocol", "'" + port.protocol() + "' is unknown; want TCP, UDP or SCTP");
            } else {
                ports.add(new Slice.Port(name, protocol.get(), number));
            }
        }
        return ports;
    }

    private static Optional<Protocol> protocol(String text) {
        return switch (text) {
            case "", "TCP" -> Optional.of(Protocol.TCP);
            case "UDP" -> Optional.of(Protocol.UDP);
            case "SCTP" -> Optional.of(Protocol.SCTP);
            default -> Optional.empty();
        };
    }

    private List<Slice.Address> addresses(IpFamily family) {
        List<Slice.Address> addresses = new ArrayList<>(object.endpoints().size());
        for (int i = 0; i < object.endpoints().size(); i++) {
            EndpointSliceObject.Address endpoint = object.endpoints().get(i);
            if (endpoint.addresses().isEmpty()) {
                continue;
            }
            // the others are reserved by the API and never filled
            String text = endpoint.addresses().getFirst();
            Optional<IpAddress> address = IpAddress.parse(text).filter(a -> a.family() == family);
            if (address.isEmpty() || address.get().isUnspecified()) {
                problems.ignored(
                        "endpoints[" + i + "].addresses[0]", "'" + text + "' is not an " + family + " address");
                continue;
            }
            addresses.add(address(address.get(), endpoint));
        }
        return addresses;
    }

    private Slice.Address address(IpAddress address, EndpointSliceObject.Address endpoint) {
        return new Slice.Address(
                address,
                !nodeName.isEmpty() && nodeName.equals(endpoint.nodeName()),
                endpoint.ready() == null || endpoint.ready(),
                endpoint.serving() == null || endpoint.serving(),
                endpoint.terminating() != null && endpoint.terminating(),
                distinct(endpoint.zoneHints()),
                distinct(endpoint.nodeHints()),
                hash(endpoint.target()));
    }

    private static Set<String> distinct(List<String> hints) {
        return hints.isEmpty() ? Set.of() : Set.copyOf(hints);
    }

    /** 64-bit FNV-1a: an eighth of the memory that the UID takes as text, and kept for every endpoint. */
    private static long hash(String uid) {
        if (uid.isEmpty()) {
            return 0;
        }
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < uid.length(); i++) {
            hash = (hash ^ uid.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
