// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import dev.sluice.core.kernel.HostException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turn of this process to be the one proxy of its network namespace. A daemon waits for it, since a supervisor
 * would only start again what exits; a command does not.
 */
public final class ProxyTurn implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyTurn.class);

    private static final Duration LOOK_AT_LOCK = Duration.ofMillis(500);
    /** Longer, since it reads a file or two of every process. */
    private static final Duration LOOK_AT_KUBE_PROXY = Duration.ofSeconds(2);

    private static final Duration LOOK_AT_SYNC = Duration.ofSeconds(1);
    private static final int STEADY_LOOKS = 3;
    private static final Duration REMIND = Duration.ofMinutes(1);
    private static final Duration COMMAND_PATIENCE = Duration.ofSeconds(3);
    private static final String REMEDY = "Stop it, or give --take-over to go on beside it";

    private final String mode;
    private final RunningKubeProxy kubeProxy;
    private final boolean takeOver;
    private final ProxyLock lock;
    private volatile boolean closed;
    private boolean takesOver;

    /** What this process has to wait for; an empty text where that is not known yet. */
    private record Obstacle(String text, Duration lookAgain) {}

    /**
     * @param mode of this process
     * @param takeOver whether to go on beside a running kube-proxy
     */
    public ProxyTurn(String mode, RunningKubeProxy kubeProxy, boolean takeOver) {
        this.mode = mode;
        this.kubeProxy = kubeProxy;
        this.takeOver = takeOver;
        lock = new ProxyLock(mode);
    }

    /** The lock, which this process has after {@link #await}, or will inherit when it takes over. */
    public ProxyLock lock() {
        return lock;
    }

    /**
     * Waits until no other proxy runs, or one that hands over to this process.
     *
     * @param health where to serve health meanwhile
     * @throws InterruptedException when it was closed
     */
    public void await(Optional<InetSocketAddress> health) throws InterruptedException {
        String reported = "";
        long reminder = 0;
        try (WaitingPages pages = new WaitingPages(health)) {
            Optional<Obstacle> obstacle = obstacle();
            while (obstacle.isPresent()) {
                String text = obstacle.get().text();
                if (!text.isEmpty() && (!text.equals(reported) || System.nanoTime() - reminder > 0)) {
                    LOG.warn("waiting, not ready, and changing nothing: {}", text);
                    pages.show(text);
                    reported = text;
                    reminder = System.nanoTime() + REMIND.toNanos();
                }
                Thread.sleep(obstacle.get().lookAgain());
                if (closed) {
                    throw new InterruptedException("stopped while it waited for another proxy");
                }
                obstacle = obstacle();
            }
        }
        if (!reported.isEmpty()) {
            LOG.info("the wait is over, starting");
        }
    }

    /** Whether, after {@link #await}, a predecessor still runs, with its ports, that will hand over. */
    public boolean takesOver() {
        return takesOver;
    }

    private Optional<Obstacle> obstacle() {
        takesOver = false;
        Optional<LockHolder> holder = lock.acquire();
        if (holder.isPresent()) {
            LockHolder other = holder.get();
            takesOver = other.handsOver() && other.mode().equals(mode);
            String text = other.isKnown() ? other + " serves this network namespace" : "";
            return takesOver ? Optional.empty() : Optional.of(new Obstacle(text, LOOK_AT_LOCK));
        }
        return (takeOver ? Optional.<String>empty() : kubeProxy.find())
                .map(what -> new Obstacle(what + " serves this network namespace. " + REMEDY, LOOK_AT_KUBE_PROXY));
    }

    /**
     * Takes the lock for a command that would disturb a running proxy.
     *
     * @throws HostException when one runs, saying which
     */
    public void require() throws HostException, InterruptedException {
        Optional<String> other = lock.acquire(COMMAND_PATIENCE, holder -> !holder.isKnown())
                .map(LockHolder::toString)
                .or(kubeProxy::find);
        if (other.isPresent()) {
            throw new HostException(other.get() + " serves this network namespace: stop it first. Nothing was changed");
        }
    }

    /**
     * Waits until no Sluice runs, and a kube-proxy has its rules in force at {@value #STEADY_LOOKS} looks in a row:
     * where its metrics do not name the family, the second one's rules come a moment after the first's.
     *
     * @return the mode of that kube-proxy
     */
    public String awaitKubeProxy() throws InterruptedException {
        String reported = "";
        long reminder = 0;
        int steady = 0;
        while (true) {
            Optional<KubeProxySync> sync = kubeProxy.sync();
            Optional<String> obstacle = lock.acquire()
                    .map(holder -> holder + " still serves this network namespace")
                    .or(() -> kubeProxyObstacle(sync));
            steady = obstacle.isEmpty() ? steady + 1 : 0;
            if (steady == STEADY_LOOKS) {
                return sync.orElseThrow().mode();
            }
            String text = obstacle.orElse(reported);
            if (!text.equals(reported) || System.nanoTime() - reminder > 0) {
                LOG.info("waiting for kube-proxy, and changing nothing: {}", text);
                reported = text;
                reminder = System.nanoTime() + REMIND.toNanos();
            }
            Thread.sleep(LOOK_AT_SYNC);
        }
    }

    private Optional<String> kubeProxyObstacle(Optional<KubeProxySync> sync) {
        if (sync.isEmpty()) {
            return Optional.of(kubeProxy
                    .find()
                    .map(what -> what + " is here, but /proxyMode does not answer at its metrics address")
                    .orElse("no kube-proxy runs in this network namespace"));
        }
        return sync.filter(state -> !state.inForce())
                .map(state -> "kube-proxy, mode " + state.mode() + ", has not synced every family yet");
    }

    @Override
    public void close() {
        closed = true;
        lock.close();
    }
}
