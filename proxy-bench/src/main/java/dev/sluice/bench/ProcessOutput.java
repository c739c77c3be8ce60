// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench;

import dev.sluice.testkit.lab.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a process printed, and its exit status. */
public record ProcessOutput(int status, String text) {

    /**
     * Waits for {@code process} to end.
     *
     * @param what names it in messages
     */
    public static ProcessOutput await(Process process, String what) {
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new ProcessOutput(process.waitFor(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new LabException(what + " was interrupted", e);
        }
    }

    /** The lines that begin with {@code word}, each split at its blanks. */
    public List<String[]> lines(String word) {
        return text.lines()
                .filter(line -> line.startsWith(word + " "))
                .map(line -> line.split(" "))
                .toList();
    }
}
