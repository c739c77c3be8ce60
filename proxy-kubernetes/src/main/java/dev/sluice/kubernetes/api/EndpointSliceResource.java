// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.kubernetes.read.EndpointSliceReader;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/** A watched EndpointSlice. */
@Group("discovery.k8s.io")
@Version("v1")
@Kind("EndpointSlice")
@Plural("endpointslices")
@JsonDeserialize(using = EndpointSliceResource.Deserializer.class)
public final class EndpointSliceResource extends WatchedResource<EndpointSliceObject> implements Namespaced {

    private EndpointSliceResource(Reading<EndpointSliceObject> reading) {
        super(reading);
    }

    private EndpointSliceResource(Identity identity) {
        super(identity);
    }

    @Override
    ResourceKind kind() {
        return ResourceKind.ENDPOINT_SLICE;
    }

    @Override
    EndpointSliceResource stub() {
        return new EndpointSliceResource(identity());
    }

    /** Reads any JSON; never fails on a field of the wrong type. */
    static final class Deserializer extends ValueDeserializer<EndpointSliceResource> {

        @Override
        public EndpointSliceResource deserialize(JsonParser parser, DeserializationContext context) {
            return new EndpointSliceResource(
                    Reading.of(parser, context, ResourceKind.ENDPOINT_SLICE, EndpointSliceReader::read));
        }
    }
}
