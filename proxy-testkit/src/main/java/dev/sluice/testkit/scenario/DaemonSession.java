package dev.sluice.testkit.scenario;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A lab with a daemon that reads manifests, for the scenarios that share a set-up. */
public final class DaemonSession implements AutoCloseable {
    private static final String NODE_FILE = "node.yaml";
    private final Lab lab;
    private final Path folder;
    private final DaemonOptions options;
    private final Timing timing;
    private final Allotment.Pool pool = new Allotment.Pool();
    private @Nullable DaemonProcess daemon;

    /** Builds the lab and writes the node's manifest into a new folder below {@code work}; the daemon is not started. */
    DaemonSession(Path work, String name, ProxyMode mode, DaemonSetup setup, Timing timing) {
        this.folder = work.resolve(name);
        this.timing = timing;
        this.options =
                new DaemonOptions(mode, List.of("--manifests", manifests().toString()), setup.flags());
        try {
            Files.createDirectories(manifests());
            Files.createDirectories(folder.resolve("writing"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        write(NODE_FILE, setup.nodeManifest());
        this.lab = Lab.create();
    }

    public Lab lab() {
        return lab;
    }

    public ProxyMode mode() {
        return options.mode();
    }

    Timing timing() {
        return timing;
    }

    Allotment.Pool pool() {
        return pool;
    }

    /** The folder that {@code --manifests} names. */
    public Path manifests() {
        return folder.resolve("manifests");
    }

    /** The file that the daemon's output goes to. */
    public Path log() {
        return folder.resolve("daemon.log");
    }

    /** The running daemon. */
    public DaemonProcess daemon() {
        if (daemon == null) {
            throw new IllegalStateException("the daemon was not started");
        }
        return daemon;
    }

    /** Starts a daemon, after the one before it has ended, and waits until its first sync is in force. */
    public DaemonProcess start() {
        daemon = DaemonProcess.start(lab.node(), options, log());
        return daemon.awaitReady(timing.start(), IpFamily.values());
    }

    /** Puts a manifest into the folder in one step, so that no half of it is ever read. */
    public void write(String file, String text) {
        try {
            Path half = folder.resolve("writing").resolve(file);
            Files.writeString(half, text);
            Files.move(half, manifests().resolve(file), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void delete(String file) {
        try {
            Files.deleteIfExists(manifests().resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces the node's manifest. */
    public void node(DaemonSetup setup) {
        write(NODE_FILE, setup.nodeManifest());
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
        lab.close();
    }
}
