// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.process.ProcessImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JVM's options, which depend on the mode. A process is started with those of {@code jvm.options}, by {@code java
 * @jvm.options -jar ...}; where a file {@code jvm-MODE.options} stands beside it, the process replaces itself by one
 * that has read this too. So the mode is known from the daemon's own parser, and no shell is needed.
 */
public final class JvmOptions {
    private static final Logger LOG = LoggerFactory.getLogger(JvmOptions.class);
    private static final String BASE = "jvm.options";

    private JvmOptions() {}

    /** Returns when this process has the options of {@code mode}, or cannot be given them. */
    public static void suit(ProxyMode mode) {
        try {
            Optional<List<String>> better = better(mode, ProcessImage.arguments());
            if (better.isPresent()) {
                ProcessImage.restart(better.get());
            }
        } catch (IOException | NetlinkException | LinkageError e) {
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("Running with the JVM options of another mode");
        }
    }

    /** The arguments of a process with the options of {@code mode}; empty when {@code arguments} are good already. */
    static Optional<List<String>> better(ProxyMode mode, List<String> arguments) {
        // what follows -jar is the daemon's
        int end = arguments.indexOf("-jar") < 0 ? arguments.size() : arguments.indexOf("-jar");
        for (int i = 1; i < end; i++) {
            if (!isBase(arguments.get(i))) {
                continue;
            }
            Path file = Path.of(arguments.get(i).substring(1)).resolveSibling("jvm-" + mode.flagValue() + ".options");
            String addition = "@" + file;
            if (arguments.subList(0, end).contains(addition) || !Files.isRegularFile(file)) {
                return Optional.empty();
            }
            List<String> better = new ArrayList<>(arguments);
            better.add(i + 1, addition);
            return Optional.of(better);
        }
        return Optional.empty();
    }

    private static boolean isBase(String argument) {
        return argument.equals("@" + BASE) || argument.startsWith("@") && argument.endsWith("/" + BASE);
    }
}
