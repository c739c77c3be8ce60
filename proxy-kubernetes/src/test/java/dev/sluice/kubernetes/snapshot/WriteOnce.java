// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/** A process that takes up a state directory as the daemon does, reads the snapshot and writes another. */
final class WriteOnce {
    private WriteOnce() {}

    /** Arguments: the directory, and the number of times that the sample objects are written. */
    public static void main(String[] args) {
        SnapshotFile file = new SnapshotFile(Path.of(args[0]));
        print("prepare", () -> {
            file.prepare();
            return "done";
        });
        print("read", () -> file.read(Samples.OWNER).objects().size());
        List<byte[]> lines = Stream.generate(Samples::lines)
                .limit(Long.parseLong(args[1]))
                .flatMap(List::stream)
                .toList();
        SnapshotHeader later = new SnapshotHeader("0.3.0", Instant.now().plus(Duration.ofDays(1)), Samples.OWNER, true);
        print("write", () -> {
            new SnapshotWrite(file, later, lines).run();
            return "done";
        });
        print("read", () -> file.read(Samples.OWNER).objects().size());
    }

    @FunctionalInterface
    private interface Step {
        Object run() throws Exception;
    }

    private static void print(String what, Step step) {
        try {
            System.out.println(what + ": " + step.run());
        } catch (NoSuchFileException e) {
            System.out.println(what + ": none");
        } catch (IOException e) {
            System.out.println(what + ": " + Reasons.of(e));
        } catch (Exception e) {
            System.out.println(what + ": " + e);
        }
    }
}
