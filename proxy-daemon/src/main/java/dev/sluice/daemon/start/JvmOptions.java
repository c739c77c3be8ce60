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
 * The JVM's options, which depend on the mode. A process is started with those of {@code jvm.options}, and of {@code
 * jvm-MODE.options} where that exists, by {@code java @jvm.options @jvm-MODE.options -jar ...}. The launcher guesses
 * the mode; if it was wrong, or there was none, the process replaces itself by one that has read the right files. So
 * the daemon's own parser decides, and no shell is needed.
 */
public final class JvmOptions {
    private static final Logger LOG = LoggerFactory.getLogger(JvmOptions.class);
    private static final String BASE = "jvm.options";
    private static final String CACHE = "-XX:AOTCache=";
    private static final String CACHE_PROPERTY = "-Dsluice.aot-cache=";

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
            if (isBase(arguments.get(i))) {
                List<String> better =
                        better(mode, arguments, i, Path.of(arguments.get(i).substring(1)));
                return better.equals(arguments) ? Optional.empty() : Optional.of(better);
            }
        }
        return Optional.empty();
    }

    /** @param base the index of the base file among the arguments; what a launcher has added for the mode follows it */
    private static List<String> better(ProxyMode mode, List<String> arguments, int base, Path file) {
        List<String> better = new ArrayList<>(arguments);
        Path own = file.resolveSibling("jvm-" + mode.flagValue() + ".options");
        boolean hasOne = isOfAMode(arguments, base + 1, file);
        if (hasOne && arguments.get(base + 1).equals("@" + own) || !hasOne && !Files.isRegularFile(own)) {
            return better;
        }
        if (hasOne) {
            better.remove(base + 1);
        }
        better.replaceAll(argument -> withCacheOf(mode, argument));
        if (Files.isRegularFile(own)) {
            better.add(base + 1, "@" + own);
        }
        return better;
    }

    /** The caches of all modes differ only in the first word of their names. */
    private static String withCacheOf(ProxyMode mode, String argument) {
        String option = argument.startsWith(CACHE) ? CACHE : CACHE_PROPERTY;
        if (!argument.startsWith(option)) {
            return argument;
        }
        Path guessed = Path.of(argument.substring(option.length()));
        Path own =
                guessed.resolveSibling(String.valueOf(guessed.getFileName()).replaceFirst("^[a-z]+", mode.flagValue()));
        return Files.isRegularFile(own) ? option + own : argument;
    }

    private static boolean isOfAMode(List<String> arguments, int at, Path base) {
        String beginning = "@" + base.resolveSibling("jvm-");
        return at < arguments.size()
                && arguments.get(at).startsWith(beginning)
                && arguments.get(at).endsWith(".options");
    }

    private static boolean isBase(String argument) {
        return argument.equals("@" + BASE) || argument.startsWith("@") && argument.endsWith("/" + BASE);
    }
}
