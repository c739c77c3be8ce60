// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.kubernetes.read.ServiceReader;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/** A watched Service. */
@Group("")
@Version("v1")
@Kind("Service")
@Plural("services")
@JsonDeserialize(using = ServiceResource.Deserializer.class)
public final class ServiceResource extends WatchedResource<ServiceObject> implements Namespaced {

    private ServiceResource(Reading<ServiceObject> reading) {
        super(reading);
    }

    private ServiceResource(Identity identity) {
        super(identity);
    }

    @Override
    ResourceKind kind() {
        return ResourceKind.SERVICE;
    }

    @Override
    ServiceResource stub() {
        return new ServiceResource(identity());
    }

    /** Reads any JSON; never fails on a field of the wrong type. */
    static final class Deserializer extends ValueDeserializer<ServiceResource> {

        @Override
        public ServiceResource deserialize(JsonParser parser, DeserializationContext context) {
            return new ServiceResource(Reading.of(parser, context, ResourceKind.SERVICE, ServiceReader::read));
        }
    }
}
