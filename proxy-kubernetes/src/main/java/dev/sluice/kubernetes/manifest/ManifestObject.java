// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.source.ClusterEvent.ServiceRanges;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;

/** One object of a manifest. */
sealed interface ManifestObject {

    /** The identity: of two objects with the same reference only one is used. */
    ObjectRef ref();

    record OfService(ServiceObject service) implements ManifestObject {
        @Override
        public ObjectRef ref() {
            return ObjectRef.service(service.name());
        }
    }

    record OfSlice(EndpointSliceObject slice) implements ManifestObject {
        @Override
        public ObjectRef ref() {
            return ObjectRef.endpointSlice(slice.namespace(), slice.name());
        }
    }

    record OfServiceCidr(ServiceRanges ranges) implements ManifestObject {
        @Override
        public ObjectRef ref() {
            return ObjectRef.serviceCidr(ranges.name());
        }
    }

    record OfNode(NodeObject node) implements ManifestObject {
        @Override
        public ObjectRef ref() {
            return ObjectRef.node(node.name());
        }
    }
}
