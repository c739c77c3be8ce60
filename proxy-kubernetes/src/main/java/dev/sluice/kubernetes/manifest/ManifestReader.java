// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.kubernetes.manifest.ManifestKind.TypeName;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.FieldError;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.JsonTree;
import dev.sluice.kubernetes.read.ServiceCidrReader;
import dev.sluice.kubernetes.read.StringPool;
import dev.sluice.kubernetes.read.Tree;
import dev.sluice.kubernetes.read.YamlTree;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads manifest files: any number of YAML or JSON documents, and the items of lists. Skips all kinds but Services,
 * EndpointSlices, Nodes and ServiceCIDRs. Reports every error with its line and field.
 */
final class ManifestReader {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestReader.class);
    private static final int MAX_PROBLEMS = 20;

    private final StringPool strings = new StringPool();

    /** Reads {@code content}, of the file {@code name}. */
    Manifest read(String name, byte[] content) {
        List<Problem> problems = new ArrayList<>();
        List<ManifestObject> objects = new ArrayList<>();
        Consumer<Tree> each = document -> object(new Place(name, "", TypeName.NONE), document, objects, problems);
        try {
            if (name.endsWith(".json")) {
                JsonTree.documents(content, each);
            } else {
                YamlTree.documents(content, each);
            }
        } catch (DocumentSyntaxException e) {
            return new Manifest.Invalid(List.of(problem(name, e.line(), "", String.valueOf(e.getMessage()))));
        }
        return problems.isEmpty() ? new Manifest.Valid(objects) : new Manifest.Invalid(problems);
    }

    /**
     * Where an object stands.
     *
     * @param path of the object in its document
     * @param list the type of the list around it
     */
    private record Place(String file, String path, TypeName list) {}

    private void object(Place place, Tree tree, List<ManifestObject> objects, List<Problem> problems) {
        String file = place.file();
        if (!(tree instanceof Tree.Mapping mapping)) {
            add(problems, problem(file, tree.line(), place.path(), "expected an object with apiVersion and kind"));
            return;
        }
        List<FieldError> errors = new ArrayList<>();
        Fields root = new Fields(mapping, place.path(), errors, strings);
        TypeName type = TypeName.of(root, place.list());
        ManifestKind kind = ManifestKind.of(root, type);
        switch (kind) {
            case SERVICE -> objects.add(new ManifestObject.OfService(ServiceManifest.read(root)));
            case ENDPOINT_SLICE -> objects.add(new ManifestObject.OfSlice(EndpointSliceManifest.read(root)));
            case NODE -> objects.add(new ManifestObject.OfNode(NodeManifest.read(root)));
            case SERVICE_CIDR -> {
                ManifestChecks.name(root);
                objects.add(new ManifestObject.OfServiceCidr(ServiceCidrReader.read(root)));
            }
            case LIST -> items(new Place(file, place.path(), type), mapping, objects, problems);
            case OTHER -> LOG.debug("{}: {} is not read", file, type.kind());
            case INVALID -> {}
        }
        for (FieldError error : errors) {
            add(problems, problem(file, error.line(), error.path(), about(kind, type, root) + error.message()));
        }
    }

    private void items(Place of, Tree.Mapping list, List<ManifestObject> objects, List<Problem> problems) {
        switch (list.fields().get("items")) {
            case null -> {}
            case Tree.Absent absent -> {}
            case Tree.Sequence sequence -> {
                for (int i = 0; i < sequence.items().size(); i++) {
                    String path = (of.path().isEmpty() ? "" : of.path() + ".") + "items[" + i + "]";
                    object(
                            new Place(of.file(), path, of.list()),
                            sequence.items().get(i),
                            objects,
                            problems);
                }
            }
            case Tree other -> add(problems, problem(of.file(), other.line(), "items", "expected a list of objects"));
        }
    }

    /** Names the object that an error is about, if it has a name. */
    private static String about(ManifestKind kind, TypeName type, Fields root) {
        String name = root.reportingTo(new ArrayList<>()).at("metadata").text("name");
        return kind == ManifestKind.INVALID || name.isEmpty() ? "" : type.kind() + " " + name + ": ";
    }

    private static void add(List<Problem> problems, Problem problem) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(problem);
        }
    }

    private static Problem problem(String file, int line, String path, String message) {
        String place = line == 0 ? path : path.isEmpty() ? "line " + line : "line " + line + ": " + path;
        return Problem.skipped(
                ObjectRef.manifest(file), place, message + "; the last good version of this file stays in force");
    }
}
