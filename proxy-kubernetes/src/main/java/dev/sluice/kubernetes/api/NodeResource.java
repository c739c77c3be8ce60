// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.NodeObject;
import dev.sluice.kubernetes.read.NodeReader;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/** A watched Node. */
@Group("")
@Version("v1")
@Kind("Node")
@Plural("nodes")
@JsonDeserialize(using = NodeResource.Deserializer.class)
public final class NodeResource extends WatchedResource<NodeObject> {

    private NodeResource(Reading<NodeObject> reading) {
        super(reading);
    }

    private NodeResource(Identity identity) {
        super(identity);
    }

    @Override
    ResourceKind kind() {
        return ResourceKind.NODE;
    }

    @Override
    NodeResource stub() {
        return new NodeResource(identity());
    }

    /** Reads any JSON; never fails on a field of the wrong type. */
    static final class Deserializer extends ValueDeserializer<NodeResource> {

        @Override
        public NodeResource deserialize(JsonParser parser, DeserializationContext context) {
            return new NodeResource(Reading.of(parser, context, ResourceKind.NODE, NodeReader::read));
        }
    }
}
