// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.debug;

import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The pages {@code /statusz} and {@code /flagz} in the forms of Kubernetes 1.36: as text with one of its four
 * delimiters (which a Kubernetes component chooses at random, so that nobody parses them), and as JSON for those who
 * name the kind.
 */
public final class StatusPages {
    private static final DateTimeFormatter UNIX_DATE =
            DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss zzz yyyy", Locale.ROOT);

    private final Map<String, String> flags;
    private final Versions versions;
    private final Instant started;
    private final InstantSource clock;

    /**
     * The versions that {@code /statusz} shows.
     *
     * @param binary of Sluice
     * @param kubernetes whose kube-proxy it behaves as, e.g. 1.36.2
     */
    public record Versions(String binary, String kubernetes) {
        /** Without the patch. */
        String emulated() {
            return kubernetes.replaceFirst("\\.[0-9]+$", "");
        }
    }

    /**
     * The pages of a process.
     *
     * @param flags by name without hyphens
     * @param started when the process began
     */
    public StatusPages(Map<String, String> flags, Versions versions, Instant started, InstantSource clock) {
        this.flags = new TreeMap<>(flags);
        this.versions = versions;
        this.started = started;
        this.clock = clock;
    }

    /** Every flag of the command line with its value. */
    public Page flagz(Request request) {
        return Negotiation.answer(
                request,
                "Flagz",
                () -> flags.entrySet().stream()
                        .map(flag -> flag.getKey() + "=" + flag.getValue() + "\n")
                        .collect(Collectors.joining()),
                () -> Map.of("flags", flags));
    }

    /** @param paths of all pages beside it */
    public Page statusz(Request request, Supplier<List<String>> paths) {
        Duration up = Duration.between(started, clock.instant());
        List<String> folders = paths.get().stream()
                .map(path -> "/" + path.split("/", 3)[1])
                .distinct()
                .toList();
        return Negotiation.answer(request, "Statusz", () -> text(up, folders), () -> object(up, folders));
    }

    private String text(Duration up, List<String> folders) {
        return "\nStarted: " + UNIX_DATE.format(started.atZone(ZoneId.systemDefault()))
                + String.format(
                        Locale.ROOT,
                        "\nUp: %d hr %02d min %02d sec",
                        up.toHours(),
                        up.toMinutesPart(),
                        up.toSecondsPart())
                + "\nJava version: " + Runtime.version()
                + "\nBinary version: " + versions.binary()
                + "\nEmulation version: " + versions.emulated()
                + "\nPaths: " + String.join(" ", folders) + "\n";
    }

    private Map<String, Object> object(Duration up, List<String> folders) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("startTime", started.truncatedTo(ChronoUnit.SECONDS).toString());
        object.put("uptimeSeconds", up.toSeconds());
        object.put("goVersion", "");
        object.put("binaryVersion", versions.binary());
        object.put("emulationVersion", versions.emulated());
        object.put("paths", folders);
        return object;
    }
}
