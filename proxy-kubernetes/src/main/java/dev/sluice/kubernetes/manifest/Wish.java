package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;

/** One object of a manifest. */
sealed interface Wish {

    /** Which object it is: two wishes with the same reference are about the same object. */
    ObjectRef ref();

    record OfService(ServiceObject service) implements Wish {
        @Override
        public ObjectRef ref() {
            return ObjectRef.service(service.name());
        }
    }

    record OfSlice(EndpointSliceObject slice) implements Wish {
        @Override
        public ObjectRef ref() {
            return ObjectRef.endpointSlice(slice.namespace(), slice.name());
        }
    }

    record OfNode(NodeObject node) implements Wish {
        @Override
        public ObjectRef ref() {
            return ObjectRef.node(node.name());
        }
    }
}
