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

/** A lab with a daemon, shared by the scenarios of one set-up. */
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

    /** Builds the lab and writes the node's manifest; does not start the daemon. */
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

    /** The limit for a change to be applied, and for a check to become true. */
    public Duration settle() {
        return stretched(timing.settle());
    }

    /** The time on this machine for what takes {@code usual} on the reference machine. */
    public Duration stretched(Duration usual) {
        return speed.stretched(usual);
    }

    /**
     * How long a call waits for its answer. Stretched less than other times, because a call that expects no answer
     * waits for all of it.
     */
    Duration answer() {
        Duration time = stretched(timing.answer());
        return time.compareTo(LONGEST_ANSWER) < 0 ? time : LONGEST_ANSWER;
    }

    Allotment.Pool pool() {
        return pool;
    }

    /** The file of the daemon's output. */
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

    /** Starts a daemon after the end of the one before, and waits until its first sync is applied. */
    public DaemonProcess start() {
        return start(Map.of());
    }

    /** Starts a daemon as {@link #start()} does, with additional environment variables. */
    public DaemonProcess start(Map<String, String> environment) {
        long begin = System.nanoTime();
        daemon = DaemonProcess.start(lab.node(), options, log(), environment);
        awaitReady(IpFamily.values());
        speed.daemonStarted(Duration.ofNanos(System.nanoTime() - begin));
        return daemon;
    }

    /** Starts a daemon with additional flags, in place of the one before, without waiting. */
    public DaemonProcess launch(String... flags) {
        return launch(Map.of(), flags);
    }

    /** Starts a daemon as {@link #launch(String...)} does, with additional environment variables. */
    public DaemonProcess launch(Map<String, String> environment, String... flags) {
        List<String> all =
                Stream.concat(options.flags().stream(), Stream.of(flags)).toList();
        DaemonOptions more = new DaemonOptions(options.mode(), options.source(), all);
        daemon = DaemonProcess.start(lab.node(), more, log(), environment);
        return daemon;
    }

    /** Starts a daemon as {@link #launch(String...)} does, with other objects than the session's. */
    public DaemonProcess launchFrom(List<String> source, String... flags) {
        List<String> all =
                Stream.concat(options.flags().stream(), Stream.of(flags)).toList();
        daemon = DaemonProcess.start(lab.node(), new DaemonOptions(options.mode(), source, all), log());
        return daemon;
    }

    /** Starts a daemon as {@link #launch(String...)} does, by a command that becomes it. */
    public DaemonProcess launchThrough(List<String> wrapper) {
        daemon = DaemonProcess.startThrough(wrapper, lab.node(), options, log());
        return daemon;
    }

    /** Waits until a launched daemon is ready in {@code families}. */
    public DaemonProcess awaitReady(IpFamily... families) {
        return daemon().awaitReady(stretched(timing.start()), families);
    }

    /** Ends the daemon with SIGTERM, and returns the exit status. */
    public int terminate() {
        return daemon().terminate(settle());
    }

    /** Waits for a daemon that ends by itself, and returns the exit status. */
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

    /** Deletes the Node object. */
    public void withoutNode() {
        delete(NODE_FILE);
    }

    /** A folder for this session alone. */
    public Path folder() {
        return folder;
    }
    /** The answer at {@code path} of the API server that delivers the objects, as JSON. */
    public String read(String path) {
        return writer.read(path);
    }

    /** Makes the API server refuse to list the objects of {@code plural}, or serve them again. */
    public void withhold(String plural, boolean on) {
        writer.withhold(plural, on);
    }

    /** Makes {@code yaml} the objects of {@code file}, in place of those before. */
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
