// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.kubernetes.read.ApiJson;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.EndpointSliceReader;
import dev.sluice.kubernetes.read.FieldError;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.NodeReader;
import dev.sluice.kubernetes.read.ServiceCidrReader;
import dev.sluice.kubernetes.read.ServiceReader;
import dev.sluice.kubernetes.read.StringPool;
import dev.sluice.kubernetes.read.Tree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * An object as a line of a snapshot: JSON in the API's own shape, with the fields that the readers of objects read. Of
 * another Node than the own one it has the addresses alone, as kind {@code Peer}.
 */
final class ObjectLine {
    private static final String PEER = "Peer";

    private final ResourceKind kind;
    private final ObjectRef.Resource ref;
    private final ClusterEvent event;
    private final byte[] text;

    private ObjectLine(ResourceKind kind, ObjectRef.Resource ref, ClusterEvent event, byte[] text) {
        this.kind = kind;
        this.ref = ref;
        this.event = event;
        this.text = text;
    }

    ResourceKind kind() {
        return kind;
    }

    ObjectRef.Resource ref() {
        return ref;
    }

    /** Delivers the object. */
    ClusterEvent event() {
        return event;
    }

    /** The line in UTF-8, without its end; not to be changed. */
    byte[] text() {
        return text;
    }

    /** Reads a line. */
    static ObjectLine read(byte[] line, StringPool strings) throws UnusableSnapshotException {
        List<FieldError> errors = new ArrayList<>();
        Fields root = new Fields(object(line), "", errors, strings);
        ObjectLine read = switch (root.text("kind")) {
            case "Service" -> of(ServiceReader.read(root), line);
            case "EndpointSlice" -> of(EndpointSliceReader.read(root), line);
            case "Node" -> of(NodeReader.read(root), line);
            case "ServiceCIDR" -> of(ServiceCidrReader.read(root), line);
            case PEER -> peer(root.at("metadata").text("name"), root.texts("addresses"), line);
            default -> throw new UnusableSnapshotException("its kind is unknown");
        };
        if (!errors.isEmpty()) {
            FieldError first = errors.getFirst();
            throw new UnusableSnapshotException(first.path() + ": " + first.message());
        }
        return read;
    }

    private static Tree.Mapping object(byte[] line) throws UnusableSnapshotException {
        try (ApiJson json = new ApiJson(new ByteArrayInputStream(line))) {
            return json.object();
        } catch (IOException | DocumentSyntaxException e) {
            throw new UnusableSnapshotException(String.valueOf(e.getMessage()));
        }
    }

    private static ObjectLine of(ServiceObject service, byte[] text) {
        ObjectRef.Resource ref = ObjectRef.service(service.name());
        return new ObjectLine(ResourceKind.SERVICE, ref, new ClusterEvent.ServiceUpdated(service), text);
    }

    private static ObjectLine of(EndpointSliceObject slice, byte[] text) {
        ObjectRef.Resource ref = ObjectRef.endpointSlice(slice.namespace(), slice.name());
        return new ObjectLine(ResourceKind.ENDPOINT_SLICE, ref, new ClusterEvent.EndpointSliceUpdated(slice), text);
    }

    private static ObjectLine of(NodeObject node, byte[] text) {
        return new ObjectLine(ResourceKind.NODE, ObjectRef.node(node.name()), new ClusterEvent.NodeUpdated(node), text);
    }

    private static ObjectLine of(ClusterEvent.ServiceRanges ranges, byte[] text) {
        return new ObjectLine(ResourceKind.SERVICE_CIDR, ObjectRef.serviceCidr(ranges.name()), ranges, text);
    }

    private static ObjectLine peer(String name, List<String> addresses, byte[] text) {
        ClusterEvent event = new ClusterEvent.PeerAddresses(name, addresses);
        return new ObjectLine(ResourceKind.PEER, peer(name), event, text);
    }

    /** The object that stands for another node. */
    static ObjectRef.Resource peer(String name) {
        return new ObjectRef.Resource(ResourceKind.PEER, "", name);
    }

    static ObjectLine of(ClusterEvent.PeerAddresses peer) {
        return peer(
                peer.node(),
                peer.addresses(),
                JsonLine.of(line -> line.text("kind", PEER)
                        .object("metadata", metadata -> metadata.text("name", peer.node()))
                        .texts("addresses", peer.addresses())));
    }

    static ObjectLine of(ClusterEvent.ServiceRanges ranges) {
        return of(
                ranges,
                JsonLine.of(line -> line.text("kind", ResourceKind.SERVICE_CIDR.label())
                        .object("metadata", metadata -> metadata.text("name", ranges.name()))
                        .object("spec", spec -> spec.texts("cidrs", ranges.cidrs()))));
    }

    static ObjectLine of(ServiceObject service) {
        ServiceName name = service.name();
        return of(
                service,
                JsonLine.of(line -> line.text("kind", ResourceKind.SERVICE.label())
                        .object(
                                "metadata",
                                metadata -> metadata.text("namespace", name.namespace())
                                        .text("name", name.name())
                                        .text(
                                                "creationTimestamp",
                                                ObjectJson.time(
                                                        service.metadata().created()))
                                        .entries("labels", service.labels())
                                        .entries("annotations", service.annotations()))
                        .object("spec", spec -> ObjectJson.spec(spec, service))
                        .object("status", status -> ObjectJson.status(status, service))));
    }

    /** Leaves the time of the last change out, which is of no use later: a latency would be counted from it. */
    static ObjectLine of(EndpointSliceObject slice) {
        return of(
                slice,
                JsonLine.of(line -> line.text("kind", ResourceKind.ENDPOINT_SLICE.label())
                        .object(
                                "metadata",
                                metadata -> metadata.text("namespace", slice.namespace())
                                        .text("name", slice.name())
                                        .entries("labels", slice.labels())
                                        .entries("annotations", ObjectJson.lastingAnnotations(slice)))
                        .text("addressType", slice.addressType())
                        .objects(
                                "ports",
                                slice.ports(),
                                (port, value) -> port.textOrNull("name", value.name())
                                        .textOrNull("protocol", value.protocol())
                                        .numberOrNull("port", value.port()))
                        .objects("endpoints", slice.endpoints(), ObjectJson::endpoint)));
    }

    static ObjectLine of(NodeObject node) {
        return of(
                node,
                JsonLine.of(line -> line.text("kind", ResourceKind.NODE.label())
                        .object("metadata", metadata -> ObjectJson.metadata(metadata, node))
                        .object(
                                "spec",
                                spec -> spec.texts("podCIDRs", node.podCidrs())
                                        .objects(
                                                "taints",
                                                node.taintKeys(),
                                                (taint, key) -> taint.textOrNull("key", key)))
                        .object(
                                "status",
                                status -> status.objects(
                                        "addresses",
                                        ObjectJson.addresses(node),
                                        (address, value) -> address.text("type", value.type())
                                                .textOrNull("address", value.address())))));
    }
}
