// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.read.FieldError;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.JsonTree;
import dev.sluice.kubernetes.read.StringPool;
import dev.sluice.kubernetes.read.Tree;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;

/**
 * A watched resource in the smallest form that fabric8's informers accept: its identity and, until it is delivered, the
 * core's object. {@link #getMetadata()} creates its result at each call. A malformed object becomes a resource with
 * problems in place of the object, so that it cannot end the list or watch that contains it.
 *
 * @param <O> the core's type of the object
 */
abstract class WatchedResource<O> implements HasMetadata {
    private final Identity identity;
    private final @Nullable O object;
    private final List<Problem> problems;

    WatchedResource(Reading<O> reading) {
        this.identity = reading.identity();
        this.object = reading.object();
        this.problems = reading.problems();
    }

    WatchedResource(Identity identity) {
        this.identity = identity;
        this.object = null;
        this.problems = List.of();
    }

    abstract ResourceKind kind();

    /** This resource without its object, for the informer's own store. */
    abstract WatchedResource<O> stub();

    Identity identity() {
        return identity;
    }

    /** The object, null when it is malformed or has been delivered already. */
    @Nullable
    O object() {
        return object;
    }

    List<Problem> problems() {
        return problems;
    }

    @Override
    public ObjectMeta getMetadata() {
        ObjectMeta metadata = new ObjectMeta();
        metadata.setNamespace(identity.namespace().isEmpty() ? null : identity.namespace());
        metadata.setName(identity.name());
        metadata.setResourceVersion(identity.resourceVersion());
        return metadata;
    }

    @Override
    public void setMetadata(ObjectMeta metadata) {
        throw new UnsupportedOperationException("watched resources are read-only");
    }

    /** Does nothing: fabric8 sets here what the items of a list leave out, and the class defines it already. */
    @Override
    public void setApiVersion(String version) {}

    /**
     * The identity and version of an object.
     *
     * @param resourceVersion null when the object had none
     */
    record Identity(String namespace, String name, @Nullable String resourceVersion) {

        ObjectRef ref(ResourceKind kind) {
            return new ObjectRef.Resource(kind, namespace, name);
        }

        /** {@code namespace/name}, or the name of an object outside of namespaces. */
        String key() {
            return namespace.isEmpty() ? name : namespace + "/" + name;
        }
    }

    /** The result of reading one resource. */
    record Reading<O>(Identity identity, @Nullable O object, List<Problem> problems) {

        static <O> Reading<O> of(
                JsonParser parser, DeserializationContext context, ResourceKind kind, Function<Fields, O> reader) {
            Tree tree = JsonTree.read(parser);
            StringPool strings =
                    context.getAttribute(StringPool.class) instanceof StringPool shared ? shared : new StringPool();
            Tree.Mapping root = tree instanceof Tree.Mapping mapping ? mapping : new Tree.Mapping(Map.of(), 0);
            List<FieldError> errors = new ArrayList<>();
            Fields fields = new Fields(root, "", errors, strings);
            Fields metadata = fields.at("metadata");
            String version = metadata.text("resourceVersion");
            Identity identity = new Identity(
                    metadata.sharedText("namespace"), metadata.text("name"), version.isEmpty() ? null : version);
            O object = reader.apply(fields);
            if (errors.isEmpty()) {
                return new Reading<>(identity, object, List.of());
            }
            ObjectRef ref = identity.ref(kind);
            return new Reading<>(
                    identity,
                    null,
                    errors.stream()
                            .map(error -> Problem.skipped(
                                    ref,
                                    error.path(),
                                    error.message() + "; the last good version of this object stays in force"))
                            .toList());
        }
    }
}
