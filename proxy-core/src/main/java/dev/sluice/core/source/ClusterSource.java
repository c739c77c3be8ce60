package dev.sluice.core.source;

/** Where the cluster's wishes come from: an API server or a directory of manifests. */
public interface ClusterSource extends AutoCloseable {

    /**
     * Begins to deliver to {@code listener}, from threads of the source's own. Objects that {@link Selection} leaves out
     * are never delivered; one that leaves the selection is delivered as gone.
     */
    void start(ClusterListener listener);

    /** Stops delivering. */
    @Override
    void close();
}
