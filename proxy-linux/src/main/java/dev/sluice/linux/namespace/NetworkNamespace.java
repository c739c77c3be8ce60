package dev.sluice.linux.namespace;

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
 * A network namespace of its own, in which a platform thread lives; the rest of the process stays where it is. A socket belongs
 * to the namespace of the thread that made it, for good; a child process, to the namespace of the thread that starts it.
 *
 * <p>So make sockets and start processes inside {@link #call}, and use them anywhere. Two things to know: a thread that is
 * <em>started</em> inside lives inside, so do not let a task be the first to use a shared pool (parallel streams,
 * {@code CompletableFuture.runAsync}); and {@code /proc/net} shows the namespace of the process's first thread, while
 * {@code /proc/thread-self/net} and {@code /proc/sys/net} show the current thread's.
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

    /** Makes a namespace, with its loopback up. It is gone when it is closed, and when this process ends. Needs root. */
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

    /** Moves the calling thread into a new namespace; answers with the thread's number. */
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

    /** The name it was made with. */
    public String label() {
        return label;
    }

    /** The file that stands for it, good for other processes until it is closed. */
    public Path path() {
        return path;
    }

    /** Runs {@code task} on the thread inside, one task at a time, and hands its result or its exception over. */
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
        return Thread.ofPlatform().name(name).daemon().unstarted(() -> {
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
     * Deletes its links (so that the other ends of veth pairs are gone at once) and ends its thread. The kernel
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
            LOG.warn("links of network namespace {} stay until the kernel frees it: {}", label, e.getMessage());
        }
        thread.close();
    }

    private static void deleteLinks() throws NetlinkException {
        try (NetlinkLinks links = NetlinkLinks.open()) {
            for (Link link : links.links()) {
                // both ends of a pair may be in this namespace; devices without a kind came with the namespace
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
