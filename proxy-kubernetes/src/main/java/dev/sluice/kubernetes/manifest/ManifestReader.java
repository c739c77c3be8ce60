package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.kubernetes.read.Complaint;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.JsonTree;
import dev.sluice.kubernetes.read.Tree;
import dev.sluice.kubernetes.read.UnreadableException;
import dev.sluice.kubernetes.read.Words;
import dev.sluice.kubernetes.read.YamlTree;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads manifest files: YAML or JSON, any number of documents, lists opened, Services, EndpointSlices and Nodes taken,
 * other kinds left out. Every mistake is reported with its line and field.
 */
final class ManifestReader {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestReader.class);
    private static final int MAX_PROBLEMS = 20;

    private final Words words = new Words();

    /** What {@code content}, of the file {@code name}, says. */
    Manifest read(String name, byte[] content) {
        List<Tree> documents;
        try {
            documents = name.endsWith(".json") ? JsonTree.documents(content) : YamlTree.documents(content);
        } catch (UnreadableException e) {
            return new Manifest.Broken(List.of(problem(name, e.line(), "", String.valueOf(e.getMessage()))));
        }
        List<Problem> problems = new ArrayList<>();
        List<Wish> wishes = new ArrayList<>();
        for (Tree document : documents) {
            object(name, document, "", wishes, problems);
        }
        return problems.isEmpty() ? new Manifest.Good(wishes) : new Manifest.Broken(problems);
    }

    private void object(String file, Tree tree, String path, List<Wish> wishes, List<Problem> problems) {
        if (!(tree instanceof Tree.Mapping mapping)) {
            add(problems, problem(file, tree.line(), path, "expected an object with apiVersion and kind"));
            return;
        }
        List<Complaint> complaints = new ArrayList<>();
        Fields root = new Fields(mapping, path, complaints, words);
        Kind kind = Kind.of(root);
        switch (kind) {
            case SERVICE -> wishes.add(new Wish.OfService(ServiceManifest.read(root)));
            case ENDPOINT_SLICE -> wishes.add(new Wish.OfSlice(EndpointSliceManifest.read(root)));
            case NODE -> wishes.add(new Wish.OfNode(NodeManifest.read(root)));
            case LIST -> items(file, mapping, path, wishes, problems);
            case OTHER -> LOG.debug("{}: {} is not read", file, root.text("kind"));
            case WRONG -> {}
        }
        for (Complaint complaint : complaints) {
            add(problems, problem(file, complaint.line(), complaint.path(), about(kind, root) + complaint.message()));
        }
    }

    private void items(String file, Tree.Mapping list, String path, List<Wish> wishes, List<Problem> problems) {
        switch (list.fields().get("items")) {
            case null -> {}
            case Tree.Absent absent -> {}
            case Tree.Sequence sequence -> {
                for (int i = 0; i < sequence.items().size(); i++) {
                    String place = (path.isEmpty() ? "" : path + ".") + "items[" + i + "]";
                    object(file, sequence.items().get(i), place, wishes, problems);
                }
            }
            case Tree other -> add(problems, problem(file, other.line(), "items", "expected a list of objects"));
        }
    }

    /** Names the object that a complaint is about, if it has a name. */
    private static String about(Kind kind, Fields root) {
        List<Complaint> unheard = new ArrayList<>();
        Fields metadata = root.hearing(unheard).at("metadata");
        String name = metadata.text("name");
        if (kind == Kind.WRONG || name.isEmpty()) {
            return "";
        }
        return root.hearing(unheard).text("kind") + " " + name + ": ";
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
