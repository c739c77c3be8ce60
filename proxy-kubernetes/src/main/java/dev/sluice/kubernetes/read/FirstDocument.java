// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.util.ArrayList;
import java.util.List;

/**
 * The first document of a YAML or JSON file that is not empty, read as leniently as Kubernetes' components read their
 * configuration: of a repeated field the last counts, and what follows the document is ignored.
 *
 * @param tree {@link Tree.Absent} when the file has no such document
 * @param warnings what is ignored, each with its line
 */
public record FirstDocument(Tree tree, List<String> warnings) {
    public FirstDocument {
        warnings = List.copyOf(warnings);
    }

    /**
     * Reads {@code content}.
     *
     * @throws DocumentSyntaxException when the first document is not YAML, or exceeds a limit
     */
    public static FirstDocument read(byte[] content) throws DocumentSyntaxException {
        List<String> warnings = new ArrayList<>();
        YamlTree.Documents documents = YamlTree.open(content, warnings::add);
        Tree first = documents.next();
        if (!(first instanceof Tree.Absent)) {
            following(documents, warnings);
        }
        return new FirstDocument(first, warnings);
    }

    private static void following(YamlTree.Documents documents, List<String> warnings) {
        try {
            Tree second = documents.next();
            if (!(second instanceof Tree.Absent)) {
                warnings.add("line " + second.line()
                        + ": another document begins; it is ignored, only the first counts: remove it");
            }
        } catch (DocumentSyntaxException e) {
            warnings.add("line " + e.line() + ": what follows the first document is ignored, and it is not YAML: "
                    + e.getMessage());
        }
    }
}
