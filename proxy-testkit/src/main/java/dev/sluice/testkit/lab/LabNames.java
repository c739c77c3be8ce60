package dev.sluice.testkit.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Names of lab namespaces: {@code sluice-PID-NUMBER-HOST}, so that those of a dead JVM can be told. */
final class LabNames {
    private static final Path DIRECTORY = Path.of("/run/netns");
    private static final Pattern NAME = Pattern.compile("sluice-(\\d+)-\\d+-.*");

    private LabNames() {}

    static String namespace(int lab, String host) {
        return "sluice-" + ProcessHandle.current().pid() + "-" + lab + "-" + host;
    }

    /** The file that {@code ip} knows the namespace by. */
    static Path path(int lab, String host) {
        return DIRECTORY.resolve(namespace(lab, host));
    }

    /** Removes the namespaces that a killed JVM left behind. */
    static void sweep() {
        for (String name : leftovers()) {
            run("ip", "netns", "delete", name);
        }
    }

    private static List<String> leftovers() {
        if (!Files.isDirectory(DIRECTORY)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(LabNames::isLeftOver)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isLeftOver(String name) {
        Matcher m = NAME.matcher(name);
        return m.matches() && ProcessHandle.of(Long.parseLong(m.group(1))).isEmpty();
    }

    private static void run(String... command) {
        try {
            new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor(); // another JVM may sweep at the same time: a name that is gone is fine
        } catch (IOException e) {
            throw new LabException(String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
