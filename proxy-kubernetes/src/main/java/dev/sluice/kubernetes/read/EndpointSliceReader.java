package dev.sluice.kubernetes.read;

import dev.sluice.core.source.EndpointSliceObject;
import java.util.List;

/** Reads an EndpointSlice (discovery.k8s.io/v1). Nothing is defaulted: what is absent stays empty or null. */
public final class EndpointSliceReader {
    private EndpointSliceReader() {}

    /** The slice that {@code root} spells; complaints go to the list that {@code root} was made with. */
    public static EndpointSliceObject read(Fields root) {
        Metadata metadata = Metadata.of(root);
        return new EndpointSliceObject(
                metadata.namespace(),
                metadata.name(),
                root.word("addressType"),
                List.copyOf(root.items("ports").stream()
                        .map(EndpointSliceReader::port)
                        .toList()),
                List.copyOf(root.items("endpoints").stream()
                        .map(EndpointSliceReader::address)
                        .toList()),
                metadata.labels(),
                metadata.annotations());
    }

    private static EndpointSliceObject.Port port(Fields port) {
        return new EndpointSliceObject.Port(
                port.wordOrNull("name"), port.wordOrNull("protocol"), port.numberOrNull("port"));
    }

    private static EndpointSliceObject.Address address(Fields endpoint) {
        Fields conditions = endpoint.at("conditions");
        Fields hints = endpoint.at("hints");
        return new EndpointSliceObject.Address(
                endpoint.texts("addresses"),
                conditions.flag("ready"),
                conditions.flag("serving"),
                conditions.flag("terminating"),
                endpoint.wordOrNull("nodeName"),
                names(hints.items("forZones")),
                names(hints.items("forNodes")),
                endpoint.at("targetRef").text("uid"));
    }

    private static List<String> names(List<Fields> hints) {
        return hints.isEmpty()
                ? List.of()
                : List.copyOf(hints.stream().map(hint -> hint.word("name")).toList());
    }
}
