package dev.sluice.linux.namespace;

import dev.sluice.linux.Errno;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A name of a namespace, kept as {@code ip netns} keeps it: a bind mount below /run/netns. */
final class NamespaceMount implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NamespaceMount.class);
    private static final Path DIRECTORY = Path.of("/run/netns");

    private final Path file;

    private NamespaceMount(Path file) {
        this.file = file;
    }

    static NamespaceMount make(String name, Path namespace) throws KernelException {
        Path file = DIRECTORY.resolve(name);
        Libc libc = Libc.system();
        prepareDirectory(libc);
        int fd = libc.open(file.toString(), Linux.O_RDONLY | Linux.O_CREAT | Linux.O_EXCL | Linux.O_CLOEXEC, 0);
        if (fd < 0) {
            throw fd == -Errno.EEXIST
                    ? NetlinkException.remarked(
                            "name network namespace " + name, -fd, "remove the old one with: ip netns delete " + name)
                    : new NetlinkException("create " + file, -fd, "");
        }
        libc.close(fd);
        NamespaceMount mount = new NamespaceMount(file);
        int answer = libc.mount(namespace.toString(), file.toString(), "", Linux.MS_BIND);
        if (answer < 0) {
            mount.close();
            throw new NetlinkException("mount " + namespace + " on " + file, -answer, "");
        }
        return mount;
    }

    /** Makes the directory a shared mount, so that names which one mount namespace removes are removed in all. */
    private static void prepareDirectory(Libc libc) throws KernelException {
        try {
            Files.createDirectories(DIRECTORY);
        } catch (IOException e) {
            throw new KernelException("cannot create " + DIRECTORY + ": " + e.getMessage(), e);
        }
        String directory = DIRECTORY.toString();
        int answer = libc.mount("", directory, "none", Linux.MS_SHARED | Linux.MS_REC);
        if (answer == -Errno.EINVAL) { // no mount point yet
            answer = libc.mount(directory, directory, "none", Linux.MS_BIND | Linux.MS_REC);
            answer = answer < 0 ? answer : libc.mount("", directory, "none", Linux.MS_SHARED | Linux.MS_REC);
        }
        if (answer < 0) {
            throw new NetlinkException("make " + directory + " a shared mount", -answer, "");
        }
    }

    @Override
    public void close() {
        int answer = Libc.system().umount2(file.toString(), Linux.MNT_DETACH);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("{} stays (umount: {}): {}", file, Errno.describe(-answer), e.getMessage());
        }
    }
}
