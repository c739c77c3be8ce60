// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.kubernetes.read.UnusableFileException;
import java.io.IOException;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One file of the directory: its accepted objects, its problems, and a version that is held back as possibly half
 * written.
 */
final class ManifestFile {
    /** A file that changed less than this before it was read may change again within one tick of its clock. */
    private static final long TICK_MILLIS = 50;

    private @Nullable Stamp accepted;
    private @Nullable HeldBack heldBack;
    private List<ManifestObject> objects = List.of();
    private List<Problem> problems = List.of();

    List<ManifestObject> objects() {
        return objects;
    }

    List<Problem> problems() {
        return problems;
    }

    /** Whether the version with this stamp has not been read yet. */
    boolean isNew(Stamp stamp) {
        return !stamp.equals(accepted) && !(heldBack != null && heldBack.stamp().equals(stamp));
    }

    /**
     * Takes a version that was just read. Unless {@code hasty}, one that may be half written is held back until it has
     * stayed the same for a while. Returns whether anything has changed.
     */
    boolean read(Stamp stamp, Manifest manifest, long now, boolean hasty) {
        boolean worse = switch (manifest) {
            case Manifest.Valid(List<ManifestObject> next) -> next.isEmpty() && !objects.isEmpty();
            case Manifest.Invalid broken -> true;
        };
        if (worse && !hasty) {
            heldBack = new HeldBack(stamp, manifest, now);
            return false;
        }
        return accept(stamp, manifest);
    }

    /** Accepts a held-back version that has stayed the same for {@code grace}. Returns whether anything has changed. */
    boolean settle(Stamp stamp, long now, long grace) {
        return heldBack != null
                && heldBack.stamp().equals(stamp)
                && now - heldBack.since() >= grace
                && accept(stamp, heldBack.manifest());
    }

    /** Notes that the file {@code name} cannot be read at all. Returns whether that is new. */
    boolean unreadable(String name, IOException failure) {
        accepted = null;
        heldBack = null;
        List<Problem> before = problems;
        String reason = failure instanceof UnusableFileException
                ? "is not read: " + failure.getMessage()
                : "cannot be read (" + failure + ")";
        problems = List.of(Problem.skipped(
                ObjectRef.manifest(name), "", reason + "; the last good version of this file stays in force"));
        return !problems.equals(before);
    }

    /** Whether a version is being held back. */
    boolean isUnsettled() {
        return heldBack != null;
    }

    private boolean accept(Stamp stamp, Manifest manifest) {
        heldBack = null;
        accepted = stamp;
        List<ManifestObject> objectsBefore = objects;
        List<Problem> problemsBefore = problems;
        switch (manifest) {
            case Manifest.Valid(List<ManifestObject> good) -> {
                objects = good;
                problems = List.of();
            }
            case Manifest.Invalid(List<Problem> wrong) -> problems = wrong;
        }
        return !objects.equals(objectsBefore) || !problems.equals(problemsBefore);
    }

    private record HeldBack(Stamp stamp, Manifest manifest, long since) {}

    /**
     * Distinguishes versions of a file without reading them.
     *
     * @param isFresh whether the file changed so recently that a further change may leave the rest equal; a later scan
     *     finds it no longer fresh, so different, and reads it again
     */
    record Stamp(FileTime modified, long size, @Nullable Object inode, boolean isFresh) {

        static Stamp of(BasicFileAttributes attributes, long nowMillis) {
            FileTime modified = attributes.lastModifiedTime();
            boolean fresh = nowMillis - modified.toMillis() < TICK_MILLIS;
            return new Stamp(modified, attributes.size(), attributes.fileKey(), fresh);
        }
    }
}
