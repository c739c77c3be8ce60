// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.Explained;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** One run of a scenario with real packets: the lab, the daemon, and the names and addresses reserved for the run. */
public final class Stage implements AutoCloseable {
    private static final int BARRIER_PORT = 1000;
    private final DaemonSession session;
    private final Allotment allotment;
    private final Map<String, Connection> connections = new HashMap<>();
    private final Map<String, String> openedTo = new HashMap<>();
    private final List<String> notes = new ArrayList<>();
    private int generation;

    Stage(DaemonSession session, String scenario, IpFamily family) {
        this.session = session;
        this.allotment = new Allotment(session.pool(), scenario + (family == IpFamily.IPV4 ? "-v4" : "-v6"), family);
    }

    public Lab lab() {
        return session.lab();
    }

    public DaemonSession session() {
        return session;
    }

    public DaemonProcess daemon() {
        return session.daemon();
    }

    public ProxyMode mode() {
        return flavour().mode();
    }

    public Flavour flavour() {
        return session.flavour();
    }

    public IpFamily family() {
        return allotment.family();
    }

    public Allotment allotment() {
        return allotment;
    }

    /** Records a measurement for the results. */
    public void note(String measured) {
        notes.add(measured);
    }

    String notes() {
        return String.join("; ", notes);
    }

    void play(Step step) throws Exception {
        switch (step) {
            case Step.Given(List<ServiceTemplate> services) -> given(services);
            case Step.Then(Probe probe, Expected expected) -> check(probe, expected);
            case Step.Open(String name, Probe probe) -> open(name, probe);
            case Step.StillOpen(String name) -> stillOpen(name);
            case Step.Act(String what, Step.Action action) -> act(what, action);
        }
    }

    private void act(String what, Step.Action action) throws Exception {
        try {
            action.run(this);
        } catch (AssertionError e) {
            throw new AssertionError(what + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes the scenario's objects and waits until the daemon has applied them. It finds out by one more Service in
     * the same file, with an address that was never used before.
     */
    public void given(List<ServiceTemplate> services) {
        generation++;
        String barrier = "barrier-" + generation;
        List<ServiceTemplate> all = new ArrayList<>(services);
        all.add(ServiceTemplate.service("barrier")
                .dualStack()
                .address(barrier)
                .port(BARRIER_PORT + generation, 8080)
                .on("b5"));
        session.write(file(), yaml(all));
        Caller caller = lab().pod("a5").caller().waiting(session.answer().dividedBy(4));
        for (IpFamily family : IpFamily.values()) {
            IpAddress address = allotment.clusterIp(barrier, family);
            eventually("the change is in force (" + address.withPort(BARRIER_PORT + generation) + ")", () -> {
                Outcome outcome = caller.tcp(address, BARRIER_PORT + generation);
                return outcome instanceof Outcome.Answer;
            });
        }
    }

    /** The manifests of {@code services} in this run. */
    public String yaml(List<ServiceTemplate> services) {
        return services.stream().map(s -> s.yaml(allotment)).collect(Collectors.joining());
    }

    /** The run's manifest file. */
    public String file() {
        return allotment.namespace() + ".yaml";
    }

    /** Repeats the calls of {@code probe} until their outcome is as expected. */
    public void check(Probe probe, Expected expected) {
        String what = "expected " + expected + " for " + probe.describe(allotment);
        Attempts.until(session.settle(), what, () -> {
            List<Outcome> outcomes = calls(probe);
            String tally = Expected.tally(outcomes);
            if (!expected.agrees(probe, familyOf(probe), outcomes)) {
                return new Observation(false, tally);
            }
            return disagreement(probe, expected, outcomes)
                    .map(text -> new Observation(false, tally + ", but TRACED: " + text))
                    .orElseGet(() -> new Observation(true, tally));
        });
    }

    /**
     * The difference between the daemon's trace of such packets, in the same state, and the outcome; empty when the
     * daemon is not running.
     */
    private Optional<String> disagreement(Probe probe, Expected expected, List<Outcome> outcomes) throws IOException {
        if (!session.isRunning()) {
            return Optional.empty();
        }
        IpAddress to = probe.destination(allotment, (address, port) -> address);
        boolean node = probe.from().equals(LabAddresses.NODE_A);
        Explained traced = daemon().explain(
                        probe.protocol(),
                        node ? null : LabAddresses.of(probe.from(), to.family()),
                        to,
                        probe.destination(allotment, (address, port) -> port),
                        LabAddresses.interfaceTo(probe.from()));
        return new TracedProbe(probe, to, expected, outcomes, traced).disagreement();
    }

    private IpFamily familyOf(Probe probe) {
        return Objects.requireNonNullElse(probe.family(), family());
    }

    /** The outcomes of a probe's calls, made one after the other. */
    public List<Outcome> calls(Probe probe) {
        Caller caller = caller(probe);
        List<Outcome> outcomes = new ArrayList<>(probe.times());
        for (int i = 0; i < probe.times(); i++) {
            Outcome outcome = probe.destination(allotment, (address, port) -> switch (probe.protocol()) {
                case TCP -> caller.tcp(address, port);
                case UDP -> caller.udp(address, port);
                case SCTP -> caller.sctp(address, port);
            });
            outcomes.add(outcome);
            if (outcome instanceof Outcome.TimedOut) {
                break; // the others would take as long, and one is enough
            }
        }
        return outcomes;
    }

    private Caller caller(Probe probe) {
        return caller(probe.from()).fromPort(probe.sourcePort(allotment));
    }

    /** A builder of calls from {@code host} that waits as long as this machine needs. */
    public Caller caller(String host) {
        return lab().host(host).caller().waiting(session.answer());
    }

    /** A connection that the scenario itself has to close. */
    public Connection connect(Probe probe) throws IOException {
        Caller caller = caller(probe);
        return caller.connect(
                probe.destination(allotment, (address, port) -> address),
                probe.destination(allotment, (a, port) -> port));
    }

    /** Opens a connection that stays open under {@code name}. */
    public void open(String name, Probe probe) {
        eventually(probe.describe(allotment) + " is answered, and stays open", () -> {
            Connection connection = connect(probe);
            if (connection.ask() instanceof Outcome.Answer answer) {
                disagreement(probe, Expected.anybody(), List.of(answer)).ifPresent(text -> {
                    throw new AssertionError("TRACED: " + text);
                });
                connections.put(name, connection);
                openedTo.put(name, answer.pod());
                return true;
            }
            connection.close();
            return false;
        });
    }

    /** Checks that a connection opened before still answers. */
    public void stillOpen(String name) {
        Connection connection = Objects.requireNonNull(connections.get(name), name);
        Outcome outcome = connection.ask();
        if (!(outcome instanceof Outcome.Answer answer) || !answer.pod().equals(openedTo.get(name))) {
            throw new AssertionError(
                    "connection " + name + " to " + openedTo.get(name) + " must live on, but came to: " + outcome);
        }
    }

    /** The Pod that answered when the connection was opened. */
    public String openedTo(String name) {
        return Objects.requireNonNull(openedTo.get(name), name);
    }

    /** Waits until {@code condition} holds; an error of a socket counts as "not yet". */
    public void eventually(String what, Callable<Boolean> condition) {
        Attempts.untilTrue(session.settle(), what, condition);
    }

    /** Waits until the value of {@code look} is as {@code expected}; a failure shows what was seen, and when. */
    public <T> T eventually(String what, Callable<T> look, Predicate<T> expected) {
        AtomicReference<T> last = new AtomicReference<>();
        Attempts.until(session.settle(), what, () -> {
            T seen = look.call();
            last.set(seen);
            return new Observation(expected.test(seen), String.valueOf(seen));
        });
        return last.get();
    }

    @Override
    public void close() {
        connections.values().forEach(Connection::close);
        session.delete(file());
    }
}
