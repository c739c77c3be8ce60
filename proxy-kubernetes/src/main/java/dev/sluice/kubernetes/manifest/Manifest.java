// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.Problem;
import java.util.List;

/** The content of one version of a manifest file. */
sealed interface Manifest {

    /** A file without errors, and the objects in it that the proxy reads. */
    record Valid(List<ManifestObject> objects) implements Manifest {
        public Valid {
            objects = List.copyOf(objects);
        }
    }

    /** A file with at least one error: nothing of it is used. */
    record Invalid(List<Problem> problems) implements Manifest {
        public Invalid {
            problems = List.copyOf(problems);
        }
    }
}
