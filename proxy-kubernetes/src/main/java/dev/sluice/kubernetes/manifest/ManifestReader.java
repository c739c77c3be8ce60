// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.FieldError;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.JsonTree;
import dev.sluice.kubernetes.read.StringPool;
import dev.sluice.kubernetes.read.Tree;
import dev.sluice.kubernetes.read.YamlTree;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads manifest files: any number of YAML or JSON documents, and the items of lists. Skips all kinds but Services,
 * EndpointSlices and Nodes. Reports every error with its line and field.
 */
final class ManifestReader {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestReader.class);
    private static final int MAX_PROBLEMS = 20;

    private final StringPool strings = new StringPool();

    /** Reads {@code content}, of the file {@code name}. */
    Manifest read(String name, byte[] content) {
        List<Tree> documents;
        try {
            documents = name.endsWith(".json") ? JsonTree.documents(content) : YamlTree.documents(content);
        } catch (DocumentSyntaxException e) {
            return new Manifest.Invalid(List.of(problem(name, e.line(), "", String.valueOf(e.getMessage()))));
        }
        List<Problem> problems = new ArrayList<>();
        List<ManifestObject> objects = new ArrayList<>();
        for (Tree document : documents) {
            object(name, document, "", objects, problems);
        }
        return problems.isEmpty() ? new Manifest.Valid(objects) : new Manifest.Invalid(problems);
    }

    private void object(String file, Tree tree, String path, List<ManifestObject> objects, List<Problem> problems) {
        if (!(tree instanceof Tree.Mapping mapping)) {
            add(problems, problem(file, tree.line(), path, "expected an object with apiVersion and kind"));
            return;
        }
        List<FieldError> errors = new ArrayList<>();
        Fields root = new Fields(mapping, path, errors, strings);
        ManifestKind kind = ManifestKind.of(root);
        switch (kind) {
            case SERVICE -> objects.add(new ManifestObject.OfService(ServiceManifest.read(root)));
            case ENDPOINT_SLICE -> objects.add(new ManifestObject.OfSlice(EndpointSliceManifest.read(root)));
            case NODE -> objects.add(new ManifestObject.OfNode(NodeManifest.read(root)));
            case LIST -> items(file, mapping, path, objects, problems);
            case OTHER -> LOG.debug("{}: {} is not read", file, root.text("kind"));
            case INVALID -> {}
        }
        for (FieldError error : errors) {
            add(problems, problem(file, error.line(), error.path(), about(kind, root) + error.message()));
        }
    }

    private void items(
            String file, Tree.Mapping list, String path, List<ManifestObject> objects, List<Problem> problems) {
        switch (list.fields().get("items")) {
            case null -> {}
            case Tree.Absent absent -> {}
            case Tree.Sequence sequence -> {
                for (int i = 0; i < sequence.items().size(); i++) {
                    String place = (path.isEmpty() ? "" : path + ".") + "items[" + i + "]";
                    object(file, sequence.items().get(i), place, objects, problems);
                }
            }
            case Tree other -> add(problems, problem(file, other.line(), "items", "expected a list of objects"));
        }
    }

    /** Names the object that an error is about, if it has a name. */
    private static String about(ManifestKind kind, Fields root) {
        List<FieldError> unheard = new ArrayList<>();
        Fields metadata = root.reportingTo(unheard).at("metadata");
        String name = metadata.text("name");
        if (kind == ManifestKind.INVALID || name.isEmpty()) {
            return "";
        }
        return root.reportingTo(unheard).text("kind") + " " + name + ": ";
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
