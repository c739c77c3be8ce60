// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.ClusterWriter;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LegacyTools;
import dev.sluice.testkit.timing.MachineSpeed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A lab with a daemon, for the scenarios that share a set-up. */
public final class DaemonSession implements AutoCloseable {
    private static final String NODE_FILE = "node.yaml";
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);
    private final Lab lab;
    private final Path folder;
    private final ClusterWriter writer;
    private final Flavour flavour;
    private final DaemonOptions options;
    private final Timing timing;
    private final MachineSpeed speed;
    private final Allotment.Pool pool = new Allotment.Pool();
    private @Nullable DaemonProcess daemon;

    /** Builds the lab and writes the node's manifest; the daemon is not started. */
    DaemonSession(
            Path folder,
            Flavour flavour,
            DaemonSetup setup,
            Timing timing,
            MachineSpeed speed,
            ClusterWriter.Opener opener) {
        this.folder = folder;
        this.flavour = flavour;
        this.timing = timing;
        this.speed = speed;
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

    /** How long a change may take to be in force, and a check to come true. */
    public Duration settle() {
        return stretched(timing.settle());
    }

    /** The time that this machine needs for what takes a machine of usual speed {@code usual}. */
    public Duration stretched(Duration usual) {
        return speed.stretched(usual);
    }

    /** How long a call waits for its answer. It is stretched less than other times: who expects no answer waits for all of it. */
    Duration answer() {
        Duration time = stretched(timing.answer());
        return time.compareTo(LONGEST_ANSWER) < 0 ? time : LONGEST_ANSWER;
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
        long begin = System.nanoTime();
        daemon = DaemonProcess.start(lab.node(), options, log(), environment);
        awaitReady(IpFamily.values());
        speed.daemonStarted(Duration.ofNanos(System.nanoTime() - begin));
        return daemon;
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
        return daemon().awaitReady(stretched(timing.start()), families);
    }

    /** SIGTERM; the exit status of the daemon. */
    public int terminate() {
        return daemon().terminate(settle());
    }

    /** The exit status of a daemon that ends by itself. */
    public int awaitEnd() {
        return daemon().awaitEnd(stretched(timing.start()));
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
