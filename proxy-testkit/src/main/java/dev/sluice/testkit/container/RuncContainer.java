// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.timing.Attempts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A container that runc runs on a host of the lab. Its root is a layer in memory over the image, mounted in a namespace
 * that only runc and the container are in; so the kernel removes it however they end. It is asked to end when this JVM
 * dies.
 */
final class RuncContainer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    /** Arguments: the folder of the bundle, the image's root, and the command. */
    private static final String IN_LAYER = """
            mount -t tmpfs layer "$1/layer"
            mkdir "$1/layer/upper" "$1/layer/work" "$1/layer/root"
            mount -t overlay root -o "lowerdir=$2,upperdir=$1/layer/upper,workdir=$1/layer/work" "$1/layer/root"
            shift 2
            exec "$@"
            """;

    private final String id;
    private final Path bundle;
    private final Process runc;
    private final DaemonProcess daemon;

    private RuncContainer(String id, Path bundle, LabHost host, Process runc) {
        this.id = id;
        this.bundle = bundle;
        this.runc = runc;
        daemon = DaemonProcess.of(host, log(bundle), runc, this::pid);
    }

    /** @param folder for the containers of a node; each gets a folder in it */
    static RuncContainer start(LabHost host, Path folder, Image image, PodContainer what, List<Mount> mounts) {
        String id = "sluice-" + what.name() + "-" + UUID.randomUUID();
        Path bundle = folder.resolve(id);
        try {
            Files.createDirectories(bundle.resolve("layer"));
            Map<String, Object> spec = OciSpec.of(image, what, mounts, bundle.resolve("layer/root"));
            Files.writeString(bundle.resolve("config.json"), OciSpec.json(spec));
        } catch (IOException e) {
            throw new LabException("no bundle for " + what.name(), e);
        }
        List<String> line = new ArrayList<>(List.of("setpriv", "--pdeathsig", "TERM"));
        line.addAll(List.of("unshare", "--mount", "sh", "-ec", IN_LAYER, "sh"));
        line.addAll(List.of(bundle.toString(), image.root().toString()));
        line.addAll(runc(
                bundle,
                "run",
                "--bundle",
                bundle.toString(),
                "--pid-file",
                pidFile(bundle).toString(),
                id));
        ProcessBuilder command = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(log(bundle).toFile());
        return new RuncContainer(id, bundle, host, host.start(command));
    }

    /** With the option by which it goes on where it may not set a cgroup's limits; there are none. */
    private static List<String> runc(Path bundle, String... arguments) {
        List<String> line = new ArrayList<>(List.of("runc", "--rootless", "true"));
        line.addAll(List.of("--root", bundle.resolve("state").toString()));
        line.addAll(List.of(arguments));
        return line;
    }

    private static Path pidFile(Path bundle) {
        return bundle.resolve("pid");
    }

    private static Path log(Path bundle) {
        return bundle.resolve("log");
    }

    /** The pages and figures of a daemon in it. It is ended by the container's methods. */
    DaemonProcess daemon() {
        return daemon;
    }

    /** The id of its first process on this machine. */
    private long pid() {
        Attempts.untilTrue(PATIENCE, "the container runs", () -> {
            if (!runc.isAlive()) {
                throw new LabException("the container ended: " + daemon.logText());
            }
            return Files.exists(pidFile(bundle))
                    && !TextFile.read(pidFile(bundle)).isBlank();
        });
        try {
            return Long.parseLong(TextFile.read(pidFile(bundle)).strip());
        } catch (IOException e) {
            throw new LabException("the container's process", e);
        }
    }

    /** Waits for a container that ends by itself, and returns the exit code of its process. */
    int awaitEnd(Duration limit) {
        return daemon.awaitEnd(limit);
    }

    /** Sends SIGTERM, and SIGKILL after {@code grace}, as a kubelet does. */
    void terminate(Duration grace) {
        runc.destroy(); // which passes the signal on
        try {
            if (!runc.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
                close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
        }
    }

    /** Kills what runs in it, and removes it. */
    @Override
    public void close() {
        if (!runc.isAlive()) {
            return;
        }
        try {
            new ProcessBuilder(runc(bundle, "delete", "--force", id))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log(bundle).toFile()))
                    .start()
                    .waitFor();
            if (!runc.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                runc.destroyForcibly();
                throw new LabException("runc has not ended: " + daemon.logText());
            }
        } catch (IOException e) {
            throw new LabException("cannot remove the container " + id, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
