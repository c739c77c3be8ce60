package dev.sluice.kubernetes.manifest;

import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;

/** One object of a manifest. */
sealed interface Wish {

    /** Kind and name, e.g. {@code Service shop/web}: two wishes with the same label are about the same object. */
    String label();

    record OfService(ServiceObject service) implements Wish {
        @Override
        public String label() {
            return "Service " + service.name();
        }
    }

    record OfSlice(EndpointSliceObject slice) implements Wish {
        @Override
        public String label() {
            return "EndpointSlice " + slice.namespace() + "/" + slice.name();
        }
    }

    record OfNode(NodeObject node) implements Wish {
        @Override
        public String label() {
            return "Node " + node.name();
        }
    }
}
