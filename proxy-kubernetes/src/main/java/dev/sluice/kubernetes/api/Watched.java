package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.read.Complaint;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.JsonTree;
import dev.sluice.kubernetes.read.Tree;
import dev.sluice.kubernetes.read.Words;
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
 * A watched resource in the smallest form that fabric8's informers work on: its identity and, until it has been
 * delivered, the core's object. {@link #getMetadata()} is made at each call and never kept. A malformed object is still a
 * {@code Watched}, with problems in place of the object, so that it cannot end the list or the watch that it came in.
 *
 * @param <O> the core's type of the object
 */
abstract class Watched<O> implements HasMetadata {
    private final Identity identity;
    private final @Nullable O object;
    private final List<Problem> problems;

    Watched(Reading<O> reading) {
        this.identity = reading.identity();
        this.object = reading.object();
        this.problems = reading.problems();
    }

    Watched(Identity identity) {
        this.identity = identity;
        this.object = null;
        this.problems = List.of();
    }

    abstract ResourceKind kind();

    /** This resource without its object: all that the informer's own store needs. */
    abstract Watched<O> stub();

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
        throw new UnsupportedOperationException("a watched resource is never changed here");
    }

    /** Does nothing: fabric8 fills in here what the items of a list leave out, and the class says it already. */
    @Override
    public void setApiVersion(String version) {}

    /**
     * Which version of which object.
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

    /** What came out of reading one resource. */
    record Reading<O>(Identity identity, @Nullable O object, List<Problem> problems) {

        static <O> Reading<O> of(
                JsonParser parser, DeserializationContext context, ResourceKind kind, Function<Fields, O> reader) {
            Tree tree = JsonTree.read(parser);
            Words words = context.getAttribute(Words.class) instanceof Words shared ? shared : new Words();
            Tree.Mapping root = tree instanceof Tree.Mapping mapping ? mapping : new Tree.Mapping(Map.of(), 0);
            List<Complaint> complaints = new ArrayList<>();
            Fields fields = new Fields(root, "", complaints, words);
            Fields metadata = fields.at("metadata");
            String version = metadata.text("resourceVersion");
            Identity identity =
                    new Identity(metadata.word("namespace"), metadata.text("name"), version.isEmpty() ? null : version);
            O object = reader.apply(fields);
            if (complaints.isEmpty()) {
                return new Reading<>(identity, object, List.of());
            }
            ObjectRef ref = identity.ref(kind);
            return new Reading<>(
                    identity,
                    null,
                    complaints.stream()
                            .map(complaint -> Problem.skipped(
                                    ref,
                                    complaint.path(),
                                    complaint.message() + "; the last good version of this object stays in force"))
                            .toList());
        }
    }
}
