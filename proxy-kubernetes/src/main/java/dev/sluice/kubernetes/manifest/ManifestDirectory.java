// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.thread.Progress;
import dev.sluice.kubernetes.read.UserFile;
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

/** The manifest files of a directory and all objects in them. Used by one thread. */
final class ManifestDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestDirectory.class);

    private final Path directory;
    private final long grace;
    private final ManifestReader reader = new ManifestReader();
    private final TreeMap<String, ManifestFile> files = new TreeMap<>();
    private List<Problem> unreadable = List.of();
    private boolean seen;

    ManifestDirectory(Path directory, WatchTiming timing) {
        this.directory = directory;
        this.grace = timing.grace().toNanos();
    }

    /**
     * Reads the files that changed. A directory that cannot be listed leaves everything as it was. Returns whether
     * anything has changed.
     *
     * @param now of the clock {@link System#nanoTime()}
     */
    boolean scan(long now) {
        List<Problem> before = unreadable;
        TreeSet<String> names;
        try (Stream<Path> entries = Files.list(directory)) {
            names = new TreeSet<>(entries.map(entry -> entry.getFileName().toString())
                    .filter(ManifestDirectory::isManifest)
                    .toList());
            unreadable = List.of();
        } catch (IOException e) {
            String message = "the directory cannot be read (" + e + "); what was last read from it stays in force";
            unreadable = List.of(Problem.skipped(ObjectRef.manifest(directory.toString()), "", message));
            return !unreadable.equals(before);
        }
        boolean changed = files.keySet().retainAll(names) || !before.isEmpty();
        for (String name : names) {
            changed |= scan(name, now);
            Progress.made();
        }
        seen = true;
        return changed;
    }

    /** Whether a file may have been read half written and must be read again soon. */
    boolean isUnsettled() {
        return files.values().stream().anyMatch(ManifestFile::isUnsettled);
    }

    /** The objects of all files. If two files define the same object, that of the first file by name is used. */
    Map<ObjectRef, ManifestObject> objects(List<Problem> problems) {
        problems.addAll(unreadable);
        Map<ObjectRef, ManifestObject> result = new LinkedHashMap<>();
        Map<ObjectRef, String> origin = new HashMap<>();
        files.forEach((name, file) -> {
            problems.addAll(file.problems());
            for (ManifestObject object : file.objects()) {
                String first = origin.putIfAbsent(object.ref(), name);
                if (first == null) {
                    result.put(object.ref(), object);
                } else {
                    problems.add(Problem.skipped(
                            ObjectRef.manifest(name),
                            object.ref().toString(),
                            "is already defined in " + first + ", which takes precedence: remove one of them"));
                }
            }
        });
        return result;
    }

    private boolean scan(String name, long now) {
        Path path = directory.resolve(name);
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                return files.remove(name) != null;
            }
            ManifestFile.Stamp stamp = ManifestFile.Stamp.of(attributes, System.currentTimeMillis());
            ManifestFile file = files.computeIfAbsent(name, fresh -> new ManifestFile());
            if (file.isNew(stamp)) {
                LOG.debug("Reading {}", path);
                return file.read(stamp, read(name, UserFile.read(path)), now, !seen);
            }
            return file.settle(stamp, now, grace);
        } catch (NoSuchFileException e) {
            return files.remove(name) != null; // gone since the listing, or a link to nothing
        } catch (IOException e) {
            return files.computeIfAbsent(name, fresh -> new ManifestFile()).unreadable(name, e);
        }
    }

    /** The content of one file; a failure to read it is an error of that file and of no other. */
    private Manifest read(String name, byte[] content) {
        try {
            return reader.read(name, content);
        } catch (RuntimeException | StackOverflowError e) {
            LOG.atError()
                    .addKeyValue("path", name)
                    .setCause(e)
                    .log("a manifest cannot be read: this is a defect of Sluice, please report it");
            return new Manifest.Invalid(List.of(Problem.skipped(
                    ObjectRef.manifest(name),
                    "",
                    "cannot be read (" + e.getClass().getSimpleName() + ", a defect of Sluice: please report it); the"
                            + " last good version of this file stays in force")));
        }
    }

    private static boolean isManifest(String name) {
        return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"));
    }
}
