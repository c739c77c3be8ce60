// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.inject;

import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.timing.Attempts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Makes threads of one daemon fail, by a {@link ThreadFaultAgent} in it. */
public final class ThreadFaults {
    private static final List<String> CLASSES =
            List.of("ThreadFaultAgent", "ThreadFaultAgent$Order", "FailingMethods", "FailingMethods$Prologue");

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Path folder;
    private int number;

    /** How a thread fails. */
    public enum Kind {
        /** An unchecked exception. */
        DEFECT("defect"),
        /** A StackOverflowError. */
        OVERFLOW("overflow"),
        /** An OutOfMemoryError. */
        MEMORY("memory");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    /** @param folder an existing folder for this object alone */
    public ThreadFaults(Path folder) {
        this.folder = folder;
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", ThreadFaultAgent.class.getName());
        // where classes of the JDK find it, too
        manifest.getMainAttributes().putValue("Boot-Class-Path", "thread-faults.jar");
        try (OutputStream file = Files.newOutputStream(jar());
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            Files.deleteIfExists(order()); // of a run before
            Files.deleteIfExists(taken());
            for (String each : CLASSES) {
                String path = ThreadFaultAgent.class.getPackageName().replace('.', '/') + "/" + each + ".class";
                out.putNextEntry(new JarEntry(path));
                try (InputStream in = Objects.requireNonNull(
                        ThreadFaultAgent.class.getClassLoader().getResourceAsStream(path), path)) {
                    in.transferTo(out);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The JVM options that a daemon must be started with. */
    public String jvmOptions() {
        return "-javaagent:" + jar() + "=" + order();
    }

    /** Makes the next thread whose whole name matches {@code thread} fail as soon as it does anything. */
    public void fail(String thread, Kind kind) {
        fail(thread, kind, ".*");
    }

    /**
     * The same, but in a method of a class whose full name matches {@code type}. Returns when the daemon knows of it,
     * so that what follows meets it.
     */
    public void fail(String thread, Kind kind, String type) {
        number++;
        try {
            Path half = folder.resolve("order.half");
            Files.writeString(half, number + " " + thread + " " + kind.label + " " + type);
            Files.move(half, order(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Attempts.untilTrue(PATIENCE, "the daemon knows which thread must fail", () -> hasFailed() || isTaken());
    }

    private boolean isTaken() throws IOException {
        return Files.exists(taken()) && TextFile.read(taken()).equals(Integer.toString(number));
    }

    /** Whether the thread has failed as ordered. */
    public boolean hasFailed() {
        return !Files.exists(order());
    }

    private Path jar() {
        return folder.resolve("thread-faults.jar");
    }

    private Path order() {
        return folder.resolve("order");
    }

    private Path taken() {
        return Path.of(order() + ThreadFaultAgent.TAKEN);
    }
}
