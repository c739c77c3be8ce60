// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.container;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.sysctl.KernelFiles;
import dev.sluice.testkit.container.PodContainer.Probe;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A DaemonSet's Pod on a host of the lab, as a kubelet runs it: the init containers one by one, then the main one. */
public final class NodePod implements AutoCloseable {
    private static final Duration INIT_PATIENCE = Duration.ofMinutes(3);
    private final LabHost host;
    private final PodContainer main;
    private final RuncContainer container;
    private final Duration grace;

    private NodePod(LabHost host, PodContainer main, RuncContainer container, Duration grace) {
        this.host = host;
        this.main = main;
        this.container = container;
        this.grace = grace;
    }

    /** A node that runs Pods. */
    public record Node(LabHost host, Path folder, NodeFiles files) {}

    /** Runs the init containers, then starts the main one. */
    public static NodePod start(Node node, PodTemplate pod, Image image) {
        initialize(node, pod, image);
        return startMain(node, pod, image, as -> as);
    }

    /** Runs the init containers one by one. */
    public static void initialize(Node node, PodTemplate pod, Image image) {
        for (PodContainer init : pod.initContainers(facts(node, pod), image)) {
            run(node, pod, image, init);
        }
    }

    /**
     * Runs a Pod whose main container ends by itself.
     *
     * @return what it printed
     * @throws LabException unless it ends with 0
     */
    public static String complete(Node node, PodTemplate pod, Image image) {
        return run(node, pod, image, pod.mainContainer(facts(node, pod), image));
    }

    /**
     * Starts the main container alone, where the init containers have run.
     *
     * @param change makes it another one than its template describes, e.g. with fewer rights
     */
    public static NodePod startMain(Node node, PodTemplate pod, Image image, UnaryOperator<PodContainer> change) {
        PodContainer main = change.apply(pod.mainContainer(facts(node, pod), image));
        return new NodePod(node.host(), main, create(node, pod, image, main), pod.gracePeriod());
    }

    private static String run(Node node, PodTemplate pod, Image image, PodContainer what) {
        try (RuncContainer running = create(node, pod, image, what)) {
            int code = running.awaitEnd(INIT_PATIENCE);
            String printed = running.daemon().logText();
            if (code != 0) {
                throw new LabException("container " + what.name() + " ended with " + code + ": " + printed);
            }
            return printed;
        }
    }

    private static RuncContainer create(Node node, PodTemplate pod, Image image, PodContainer what) {
        return RuncContainer.start(
                node.host(), node.folder(), image, what, node.files().mounts(pod, what));
    }

    private static Map<String, String> facts(Node node, PodTemplate pod) {
        String address = node.host().address(IpFamily.IPV4).toString();
        return Map.of(
                "spec.nodeName",
                node.host().name(),
                "metadata.namespace",
                pod.namespace(),
                "metadata.name",
                "sluice-" + node.host().name(),
                "status.hostIP",
                address,
                "status.podIP",
                address);
    }

    /** A field of the main process's status, as the kernel has it (proc(5), {@code /proc/PID/status}). */
    public String processStatus(String field) throws IOException {
        return KernelFiles.lines(Path.of("/proc", Long.toString(daemon().pid()), "status")).stream()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.substring(field.length() + 1).strip())
                .findFirst()
                .orElse("");
    }

    /** The capabilities of the main process, as the kernel has them. */
    public Set<String> capabilities() throws IOException {
        return Capabilities.of(processStatus("CapEff"));
    }

    /** The rights of the main container. */
    public Rights rights() {
        return main.rights();
    }

    /** The pages and figures of the daemon; it is ended by this Pod's methods. */
    public DaemonProcess daemon() {
        return container.daemon();
    }

    /** Waits until the kubelet's readiness probe succeeds. */
    public NodePod awaitReady(Duration patience) {
        Probe probe = main.readiness().orElseThrow(() -> new LabException("the main container has no readiness probe"));
        try {
            Attempts.until(patience, "the Pod is ready", () -> {
                if (!daemon().isAlive()) {
                    throw new LabException("the main container ended: " + daemon().logText());
                }
                HttpPage page = HttpPage.get(host, host.address(IpFamily.IPV4), probe.port(), probe.path());
                return new Observation(page.status() >= 200 && page.status() < 400, page.status() + " " + page.body());
            });
            return this;
        } catch (AssertionError e) {
            throw new LabException(e.getMessage() + "\n" + daemon().logText(), e);
        }
    }

    /** Sends SIGTERM, and SIGKILL after the Pod's grace period. */
    public void terminate() {
        container.terminate(grace);
    }

    @Override
    public void close() {
        container.close();
    }
}
