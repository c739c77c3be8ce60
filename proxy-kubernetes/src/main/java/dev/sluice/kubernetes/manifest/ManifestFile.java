package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import java.io.IOException;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One file of the directory: what of it is in force, what is wrong with it, and what it may be about to become. */
final class ManifestFile {
    /** A file changed less than this before it was read may change again within the same tick of its clock. */
    private static final long TICK_MILLIS = 50;

    private @Nullable Stamp judged;
    private @Nullable Suspect suspect;
    private List<Wish> wishes = List.of();
    private List<Problem> problems = List.of();

    List<Wish> wishes() {
        return wishes;
    }

    List<Problem> problems() {
        return problems;
    }

    /** Whether the version with this stamp has not been read yet. */
    boolean isNews(Stamp stamp) {
        return !stamp.equals(judged) && !(suspect != null && suspect.stamp().equals(stamp));
    }

    /**
     * Takes a version that was just read. Unless {@code hasty}, one that may be half written is held back until it has
     * stayed for a while. Answers whether anything is different now.
     */
    boolean read(Stamp stamp, Manifest manifest, long now, boolean hasty) {
        boolean worse = switch (manifest) {
            case Manifest.Good(List<Wish> next) -> next.isEmpty() && !wishes.isEmpty();
            case Manifest.Broken broken -> true;
        };
        if (worse && !hasty) {
            suspect = new Suspect(stamp, manifest, now);
            return false;
        }
        return judge(stamp, manifest);
    }

    /** Believes a version that has stayed for {@code grace}. Answers whether anything is different now. */
    boolean settle(Stamp stamp, long now, long grace) {
        return suspect != null
                && suspect.stamp().equals(stamp)
                && now - suspect.since() >= grace
                && judge(stamp, suspect.manifest());
    }

    /** Takes note that the file, named {@code name}, cannot be read at all. Answers whether that is new. */
    boolean unreadable(String name, IOException failure) {
        judged = null;
        List<Problem> before = problems;
        problems = List.of(Problem.skipped(
                ObjectRef.manifest(name),
                "",
                "cannot be read (" + failure + "); the last good version of this file stays in force"));
        return !problems.equals(before);
    }

    /** Whether a version is being held back. */
    boolean isUnsettled() {
        return suspect != null;
    }

    private boolean judge(Stamp stamp, Manifest manifest) {
        suspect = null;
        judged = stamp;
        List<Wish> wishesBefore = wishes;
        List<Problem> problemsBefore = problems;
        switch (manifest) {
            case Manifest.Good(List<Wish> good) -> {
                wishes = good;
                problems = List.of();
            }
            case Manifest.Broken(List<Problem> wrong) -> problems = wrong;
        }
        return !wishes.equals(wishesBefore) || !problems.equals(problemsBefore);
    }

    private record Suspect(Stamp stamp, Manifest manifest, long since) {}

    /**
     * What tells one version of a file from another without reading it.
     *
     * @param isFresh whether the file changed so shortly before the look that a further change may leave the rest equal;
     *     a later look finds it no longer fresh, so different, and reads it again
     */
    record Stamp(FileTime modified, long size, @Nullable Object inode, boolean isFresh) {

        static Stamp of(BasicFileAttributes attributes, long nowMillis) {
            FileTime modified = attributes.lastModifiedTime();
            boolean fresh = nowMillis - modified.toMillis() < TICK_MILLIS;
            return new Stamp(modified, attributes.size(), attributes.fileKey(), fresh);
        }
    }
}
