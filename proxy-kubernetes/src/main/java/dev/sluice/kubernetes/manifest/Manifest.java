package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.Problem;
import java.util.List;

/** What one version of a manifest file says. */
sealed interface Manifest {

    /** A file without a mistake, and the objects in it that the proxy reads. */
    record Good(List<Wish> wishes) implements Manifest {
        public Good {
            wishes = List.copyOf(wishes);
        }
    }

    /** A file with at least one mistake: nothing of it is used. */
    record Broken(List<Problem> problems) implements Manifest {
        public Broken {
            problems = List.copyOf(problems);
        }
    }
}
