package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of the directory and what they say together. Used by one thread. */
final class ManifestFolder {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestFolder.class);

    private final Path directory;
    private final long grace;
    private final ManifestReader reader = new ManifestReader();
    private final TreeMap<String, ManifestFile> files = new TreeMap<>();
    private List<Problem> unreadable = List.of();
    private boolean seen;

    ManifestFolder(Path directory, Pace pace) {
        this.directory = directory;
        this.grace = pace.grace().toNanos();
    }

    /**
     * Looks at every file and reads those that changed. A directory that cannot be listed leaves everything as it was.
     * Answers whether anything is different now.
     *
     * @param now of the clock {@link System#nanoTime()}
     */
    boolean look(long now) {
        List<Problem> before = unreadable;
        TreeSet<String> names;
        try (Stream<Path> entries = Files.list(directory)) {
            names = new TreeSet<>(entries.map(entry -> entry.getFileName().toString())
                    .filter(ManifestFolder::isManifest)
                    .toList());
            unreadable = List.of();
        } catch (IOException e) {
            String message = "the directory cannot be read (" + e + "); what was read of it before stays in force";
            unreadable = List.of(Problem.skipped(ObjectRef.manifest(directory.toString()), "", message));
            return !unreadable.equals(before);
        }
        boolean changed = files.keySet().retainAll(names) || !before.isEmpty();
        for (String name : names) {
            changed |= look(name, now);
        }
        seen = true;
        return changed;
    }

    /** Whether some file was perhaps seen half written and must be looked at again soon. */
    boolean isUnsettled() {
        return files.values().stream().anyMatch(ManifestFile::isUnsettled);
    }

    /** The objects of all files. Of two about the same object the one in the first file, by name, counts. */
    Map<ObjectRef, Wish> wishes(List<Problem> problems) {
        problems.addAll(unreadable);
        Map<ObjectRef, Wish> result = new LinkedHashMap<>();
        Map<ObjectRef, String> origin = new HashMap<>();
        files.forEach((name, file) -> {
            problems.addAll(file.problems());
            for (Wish wish : file.wishes()) {
                String first = origin.putIfAbsent(wish.ref(), name);
                if (first == null) {
                    result.put(wish.ref(), wish);
                } else {
                    problems.add(Problem.skipped(
                            ObjectRef.manifest(name),
                            wish.ref().toString(),
                            "is in " + first + " already, and that one counts: remove one of them"));
                }
            }
        });
        return result;
    }

    private boolean look(String name, long now) {
        Path path = directory.resolve(name);
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                return files.remove(name) != null;
            }
            ManifestFile.Stamp stamp = ManifestFile.Stamp.of(attributes, System.currentTimeMillis());
            ManifestFile file = files.computeIfAbsent(name, fresh -> new ManifestFile());
            if (file.isNews(stamp)) {
                LOG.debug("Reading {}", path);
                return file.read(stamp, reader.read(name, Files.readAllBytes(path)), now, !seen);
            }
            return file.settle(stamp, now, grace);
        } catch (NoSuchFileException e) {
            return files.remove(name) != null; // gone since the listing, or a link to nothing
        } catch (IOException e) {
            return files.computeIfAbsent(name, fresh -> new ManifestFile()).unreadable(name, e);
        }
    }

    private static boolean isManifest(String name) {
        return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"));
    }
}
