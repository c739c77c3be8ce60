// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.kubernetes.read.FieldError;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.StringPool;
import dev.sluice.kubernetes.read.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A kind of objects that is watched.
 *
 * @param path the path of its list, over all namespaces
 * @param selectors the query that selects objects, encoded
 * @param reader makes the events that a valid object causes, at most one
 * @param deletion makes those that the deletion of a namespace and name causes
 * @param strings shares equal strings among the objects
 */
public record WatchedResource(
        ResourceKind kind,
        String path,
        String selectors,
        Function<Fields, List<ClusterEvent>> reader,
        BiFunction<String, String, List<ClusterEvent>> deletion,
        StringPool strings) {

    /** The name of all its objects: {@code services}. */
    public String plural() {
        return kind.plural();
    }

    /** Whether {@code failure} says that the server does not have it or does not permit it, and that is no trouble. */
    public boolean isDenied(ApiFailure failure) {
        return kind.isOptional()
                && failure.kind() == ApiFailure.Kind.REFUSED
                && (failure.status() == 403 || failure.status() == 404);
    }

    ObjectRef ref(ObjectKey key) {
        return new ObjectRef.Resource(kind, key.namespace, key.name);
    }

    List<ClusterEvent> deleted(ObjectKey key) {
        return deletion.apply(key.namespace, key.name);
    }

    /** Reads an object. Never fails: one with errors has problems in place of the events. */
    Reading read(Tree.Mapping object) {
        List<FieldError> errors = new ArrayList<>();
        Fields fields = new Fields(object, "", errors, strings);
        Fields metadata = fields.at("metadata");
        ObjectKey key = new ObjectKey(metadata.sharedText("namespace"), metadata.text("name"));
        String version = metadata.text("resourceVersion");
        List<ClusterEvent> events = reader.apply(fields);
        List<Problem> problems = errors.stream()
                .map(error -> Problem.skipped(
                        ref(key),
                        error.path(),
                        error.message() + "; the last good version of this object stays in force"))
                .toList();
        return new Reading(key, version, problems.isEmpty() ? events : List.of(), problems);
    }

    /** The identity of an object; the namespace is empty for those outside of namespaces. */
    record ObjectKey(String namespace, String name) {}

    /**
     * The result of reading an object.
     *
     * @param events none when the object has problems
     */
    record Reading(ObjectKey key, String version, List<ClusterEvent> events, List<Problem> problems) {}
}
