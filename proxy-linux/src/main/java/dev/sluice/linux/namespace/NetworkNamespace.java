// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.namespace;

import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import dev.sluice.linux.route.Links.Link;
import dev.sluice.linux.route.NetlinkLinks;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A new network namespace with a platform thread inside; the rest of the process stays where it is. A socket belongs to
 * the namespace of the thread that opened it; a child process belongs to that of the thread that started it.
 *
 * <p>So open sockets and start processes inside {@link #call}, and use them anywhere. Note that a thread
 * <em>started</em> inside lives inside, so a task must not be the first to use a shared pool (parallel streams,
 * {@code CompletableFuture.runAsync}); and that {@code /proc/net} shows the namespace of the process's first thread,
 * while {@code /proc/thread-self/net} and {@code /proc/sys/net} show the current thread's.
 */
public final class NetworkNamespace implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkNamespace.class);

    private final String label;
    private final NamespaceThread thread;
    private final Path path;

    private NetworkNamespace(String label, NamespaceThread thread, Path path) {
        this.label = label;
        this.thread = thread;
        this.path = path;
    }

    /** Creates a namespace with its loopback up. It lasts until it is closed or this process ends. Needs root. */
    public static NetworkNamespace create(String label) throws KernelException {
        NamespaceThread thread = new NamespaceThread("netns-" + label);
        try {
            int threadId = thread.call(() -> enterNew(label));
            return new NetworkNamespace(label, thread, Path.of("/proc/" + threadId + "/ns/net"));
        } catch (KernelException | RuntimeException e) {
            thread.close();
            throw e;
        }
    }

    /** Moves the calling thread into a new namespace; returns the thread's id. */
    private static int enterNew(String label) throws KernelException {
        Libc libc = Libc.system();
        int answer = libc.unshare(Linux.CLONE_NEWNET);
        if (answer < 0) {
            NetlinkException refused = new NetlinkException("make network namespace " + label, -answer, "");
            throw refused.permissionDenied()
                    ? NetlinkException.remarked(refused.operation(), -answer, "run as root (CAP_SYS_ADMIN)")
                    : refused;
        }
        try (NetlinkLinks links = NetlinkLinks.open()) {
            links.setUp("lo");
        }
        return libc.gettid();
    }

    /** The name that it was created with. */
    public String label() {
        return label;
    }

    /** The file that refers to it, for other processes too, until it is closed. */
    public Path path() {
        return path;
    }

    /** Runs {@code task} on the thread inside, one task at a time; returns its result or throws its exception. */
    public <T, E extends Exception> T call(Task<T, E> task) throws E {
        return thread.call(task);
    }

    /** {@link #call} for a task without a result. */
    public <E extends Exception> void run(Action<E> action) throws E {
        thread.call(() -> {
            action.run();
            return true;
        });
    }

    /** A new daemon platform thread, not started, that runs {@code task} inside. */
    public Thread newThread(String name, Runnable task) {
        return SupervisedThread.task(name, () -> {
            enter();
            task.run();
        });
    }

    private void enter() {
        Libc libc = Libc.system();
        int fd = libc.open(path.toString(), Linux.O_RDONLY | Linux.O_CLOEXEC, 0);
        int answer = fd < 0 ? fd : libc.setns(fd, Linux.CLONE_NEWNET);
        if (fd >= 0) {
            libc.close(fd);
        }
        if (answer < 0) {
            throw new IllegalStateException(
                    "cannot enter network namespace " + label, new NetlinkException("setns " + path, -answer, ""));
        }
    }

    /**
     * Deletes its links, so that the other ends of veth pairs disappear at once, and ends its thread. The kernel
     * frees it when no thread, process or socket is left inside.
     */
    @Override
    public void close() {
        if (thread.isClosed()) {
            return;
        }
        try {
            run(NetworkNamespace::deleteLinks);
        } catch (NetlinkException e) {
            LOG.atWarn()
                    .addKeyValue("namespace", label)
                    .addKeyValue("cause", e.getMessage())
                    .log("links of the network namespace stay until the kernel frees it");
        }
        thread.close();
    }

    private static void deleteLinks() throws NetlinkException {
        try (NetlinkLinks links = NetlinkLinks.open()) {
            for (Link link : links.links()) {
                // both ends of a pair may be in this namespace; devices without a kind were created with the namespace
                if (!link.kind().isEmpty() && links.link(link.name()).isPresent()) {
                    deleteLink(links, link);
                }
            }
        }
    }

    private static void deleteLink(NetlinkLinks links, Link link) {
        try {
            links.deleteLink(link.name());
        } catch (NetlinkException e) {
            LOG.debug("{}", e.getMessage());
        }
    }

    @Override
    public String toString() {
        return "network namespace " + label;
    }

    /** A task with a result. */
    @FunctionalInterface
    public interface Task<T, E extends Exception> {
        T call() throws E;
    }

    /** A task without a result. */
    @FunctionalInterface
    public interface Action<E extends Exception> {
        void run() throws E;
    }
}
