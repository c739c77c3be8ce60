// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The kernel's OOM score adjustment of this process. */
public final class OomScore {
    private static final Logger LOG = LoggerFactory.getLogger(OomScore.class);
    private static final Path OWN = Path.of("/proc/self/oom_score_adj");

    private OomScore() {}

    /** Sets the adjustment, -1000 to 1000; a refusal is only logged. */
    public static void set(int adjustment) {
        try {
            Files.writeString(OWN, Integer.toString(adjustment));
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("path", OWN)
                    .addKeyValue("value", adjustment)
                    .addKeyValue("cause", e.getMessage())
                    .log("{} cannot be set to {}: {}", OWN, adjustment, e.getMessage());
        }
    }
}
