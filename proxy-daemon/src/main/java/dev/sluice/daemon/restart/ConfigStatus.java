// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.restart;

import dev.sluice.daemon.health.HealthProblem;
import dev.sluice.daemon.health.ProblemCause;
import dev.sluice.daemon.health.ProblemSource;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration file in use, and what is wrong with the one that should follow it. */
public final class ConfigStatus implements ProblemSource {
    private final Path file;
    private final InstantSource clock;
    private final Instant loaded;
    private final String hash;
    private @Nullable Instant refusedSince;
    private String refusal = "";

    /** @param content of the file at the start */
    ConfigStatus(Path file, byte[] content, InstantSource clock) {
        this.file = file;
        this.clock = clock;
        loaded = clock.instant();
        hash = sha256(content);
    }

    /** When the configuration in use was read. */
    public Instant loaded() {
        return loaded;
    }

    /** The SHA-256 of the file in use, in hexadecimal digits, as {@code sha256sum} prints it. */
    public String hash() {
        return hash;
    }

    /** Whether the file as it is now could be used. */
    public synchronized boolean isUsable() {
        return refusedSince == null;
    }

    /** The file has changed to what the process could not start with. */
    synchronized void refused(String reason) {
        refusedSince = refusedSince == null ? clock.instant() : refusedSince;
        refusal = reason;
    }

    /** The file is as it was at the start. */
    synchronized void restored() {
        refusedSince = null;
    }

    @Override
    public synchronized List<HealthProblem> problems(Instant now) {
        return refusedSince == null
                ? List.of()
                : List.of(HealthProblem.of(
                        ProblemCause.CONFIGURATION_REFUSED,
                        file.toString(),
                        "has changed, and is invalid: " + refusal,
                        refusedSince));
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
