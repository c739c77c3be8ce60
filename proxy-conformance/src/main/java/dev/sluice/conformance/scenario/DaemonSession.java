package dev.sluice.conformance.scenario;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.ClusterWriter;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LegacyTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A lab with a daemon, for the scenarios that share a set-up. */
public final class DaemonSession implements AutoCloseable {
    private static final String NODE_FILE = "node.yaml";
    private final Lab lab;
    private final Path folder;
    private final ClusterWriter writer;
    private final Flavour flavour;
    private final DaemonOptions options;
    private final Timing timing;
    private final Allotment.Pool pool = new Allotment.Pool();
    private @Nullable DaemonProcess daemon;

    /** Builds the lab and writes the node's manifest; the daemon is not started. */
    DaemonSession(Path folder, Flavour flavour, DaemonSetup setup, Timing timing, ClusterWriter.Opener opener) {
        this.folder = folder;
        this.flavour = flavour;
        this.timing = timing;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.lab = flavour == Flavour.IPTABLES_LEGACY
                ? Lab.create(LegacyTools.linkInto(folder.resolve("tools")))
                : Lab.create();
        try {
            this.writer = opener.open(lab, folder);
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
        this.options = new DaemonOptions(flavour.mode(), writer.flags(), setup.flags());
        node(setup);
    }

    public Lab lab() {
        return lab;
    }

    public Flavour flavour() {
        return flavour;
    }

    Timing timing() {
        return timing;
    }

    Allotment.Pool pool() {
        return pool;
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

    /** Whether a daemon was started and has not ended. */
    public boolean isRunning() {
        return daemon != null && daemon.isAlive();
    }

    /** Starts a daemon, after the one before it has ended, and waits until its first sync is in force. */
    public DaemonProcess start() {
        return start(Map.of());
    }

    /** {@link #start()} with further variables of the environment. */
    public DaemonProcess start(Map<String, String> environment) {
        daemon = DaemonProcess.start(lab.node(), options, log(), environment);
        return daemon.awaitReady(timing.start(), IpFamily.values());
    }

    /** Starts a daemon with more flags, in place of the one before, and waits for nothing. */
    public DaemonProcess launch(String... flags) {
        return launch(Map.of(), flags);
    }

    /** The same with more environment variables. */
    public DaemonProcess launch(Map<String, String> environment, String... flags) {
        List<String> all =
                Stream.concat(options.flags().stream(), Stream.of(flags)).toList();
        DaemonOptions more = new DaemonOptions(options.mode(), options.source(), all);
        daemon = DaemonProcess.start(lab.node(), more, log(), environment);
        return daemon;
    }

    /** Waits until a launched daemon is ready in {@code families}. */
    public DaemonProcess awaitReady(IpFamily... families) {
        return daemon().awaitReady(timing.start(), families);
    }

    /** The flags that name the source of the objects. */
    public List<String> source() {
        return options.source();
    }

    /** Replaces the node's manifest. */
    public void node(String yaml) {
        write(NODE_FILE, yaml);
    }

    /** There is no Node object. */
    public void withoutNode() {
        delete(NODE_FILE);
    }

    /** A folder of this session's own. */
    public Path folder() {
        return folder;
    }
    /** What the API server that the objects come from has below {@code path}, as JSON. */
    public String read(String path) {
        return writer.read(path);
    }

    /** Whether the API server refuses to read out the objects of {@code plural}. */
    public void withhold(String plural, boolean on) {
        writer.withhold(plural, on);
    }

    /** From now on the objects of {@code file} are exactly those of {@code yaml}. */
    public void write(String file, String yaml) {
        writer.write(file, yaml);
    }

    public void delete(String file) {
        writer.delete(file);
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
        writer.close();
        lab.close();
    }
}
