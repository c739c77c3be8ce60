// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.conformance.scenario.Result.Status;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.ClusterWriter;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.NativeSocket;
import dev.sluice.testkit.timing.MachineSpeed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs scenarios with real packets against the real daemon, with one daemon for each flavour and set-up. */
public final class ScenarioRunner {
    /** The system property with the number of failures that are played again, 0 by default. */
    public static final String REPLAYS = "sluice.replays";

    private static final Logger LOG = LoggerFactory.getLogger(ScenarioRunner.class);
    private final Timing timing;
    private final Path work;
    private final Consumer<Result> listener;
    private final ClusterWriter.Opener opener;
    private final MachineSpeed speed = MachineSpeed.measured();
    private final AtomicInteger sessions = new AtomicInteger();

    /** A scenario in one flavour and family. */
    private record Run(Scenario scenario, Flavour flavour, IpFamily family) {
        Result result(Status status, String detail, long millis) {
            return Result.of(scenario, flavour, family, status, detail, millis);
        }
    }

    /** The key by which runs share a daemon. */
    private record Group(Flavour flavour, DaemonSetup setup, String owner) {}

    /**
     * @param work the folder of the daemons' manifests and logs
     * @param listener receives each result at once, on several threads
     */
    public ScenarioRunner(Timing timing, Path work, Consumer<Result> listener) {
        this(timing, work, listener, (lab, folder) -> new ManifestFolder(folder));
    }

    /** @param opener opens the writer that delivers the objects of scenarios to the daemon */
    public ScenarioRunner(Timing timing, Path work, Consumer<Result> listener, ClusterWriter.Opener opener) {
        this.timing = timing;
        this.work = work;
        this.listener = listener;
        this.opener = opener;
    }

    /** Runs each scenario in those of {@code flavours} and {@code families} that it applies to. */
    public void run(Collection<Scenario> scenarios, Set<Flavour> flavours, Set<IpFamily> families) {
        Map<Group, List<Run>> groups = new LinkedHashMap<>();
        for (Scenario scenario : scenarios) {
            for (Flavour flavour : flavours) {
                for (IpFamily family : scenario.families()) {
                    if (scenario.modes().contains(flavour.mode()) && families.contains(family)) {
                        String owner = scenario.setup().own() ? scenario.id() + "-" + family : "";
                        groups.computeIfAbsent(new Group(flavour, scenario.setup(), owner), g -> new ArrayList<>())
                                .add(new Run(scenario, flavour, family));
                    }
                }
            }
        }
        int replays = Integer.getInteger(REPLAYS, 0);
        Map<Run, Result> failed = new ConcurrentHashMap<>();
        inParallel(
                timing.daemons(),
                groups.entrySet(),
                group -> runGroup(group.getKey(), group.getValue(), (run, result) -> {
                    if (replays > 0 && result.status() == Status.FAIL) {
                        failed.put(run, result);
                    } else {
                        listener.accept(result);
                    }
                }));
        if (failed.size() <= replays) {
            failed.forEach(this::playAgain);
        } else {
            failed.values().forEach(listener);
        }
    }

    /** One after the other, each with a daemon of its own. */
    private void playAgain(Run run, Result failure) {
        LOG.warn("{} {} {} is played again: {}", run.scenario().id(), run.flavour(), run.family(), failure.detail());
        Group group = new Group(run.flavour(), run.scenario().setup(), "again");
        runGroup(
                group,
                List.of(run),
                (again, result) -> listener.accept(result.status() == Status.PASS ? failure.unsteady() : failure));
    }

    private void runGroup(Group group, List<Run> runs, BiConsumer<Run, Result> reporter) {
        Optional<String> lack = lackOfKernel(group);
        if (lack.isPresent()) {
            String detail = "this kernel has no " + lack.get() + " (or it is not loaded): run it in the VM";
            runs.forEach(run -> reporter.accept(run, run.result(Status.SKIP, detail, 0)));
            return;
        }
        String name = group.flavour().label() + "-" + sessions.incrementAndGet();
        try (DaemonSession session =
                new DaemonSession(work.resolve(name), group.flavour(), group.setup(), timing, speed, opener)) {
            if (group.setup().started()) {
                session.start();
            }
            inParallel(timing.parallel(), runs, run -> reporter.accept(run, runOne(session, run)));
        } catch (RuntimeException e) {
            LOG.error("{}", name, e);
            runs.forEach(run -> reporter.accept(run, run.result(Status.FAIL, name + ": " + e, 0)));
        }
    }

    private static Optional<String> lackOfKernel(Group group) {
        if (group.flavour() == Flavour.IPVS && !Files.exists(Path.of("/proc/net/ip_vs"))) {
            return Optional.of("ip_vs");
        }
        return group.setup().sctp() && !NativeSocket.kernelHasSctp() ? Optional.of("SCTP") : Optional.empty();
    }

    private static Result runOne(DaemonSession session, Run run) {
        long start = System.nanoTime();
        String detail = "";
        String notes = "";
        try (Stage stage = new Stage(session, run.scenario().id(), run.family())) {
            for (Step step : run.scenario().steps()) {
                stage.play(step);
            }
            notes = stage.notes();
        } catch (AssertionError | Exception e) {
            LOG.debug("{}", run, e);
            detail = (e instanceof AssertionError ? e.getMessage() : e.toString()) + " (log: " + session.log() + ")";
        }
        long millis = (System.nanoTime() - start) / 1_000_000;
        return detail.isEmpty() ? run.result(Status.PASS, notes, millis) : run.result(Status.FAIL, detail, millis);
    }

    private static <T> void inParallel(int threads, Collection<T> items, Consumer<T> work) {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> futures = new ArrayList<>();
            items.forEach(item -> futures.add(pool.submit(() -> work.accept(item))));
            for (Future<?> future : futures) {
                future.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
