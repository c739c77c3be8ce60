package dev.sluice.linux.nfacct;

import dev.sluice.linux.NetlinkException;
import java.util.List;
import java.util.Optional;

/**
 * The named packet counters of the network namespace in which this was opened; rules count into them with
 * {@code -m nfacct --nfacct-name NAME}, in both families. They outlive the rules and the process. Implemented over nfnetlink
 * (subsystem ACCT, since Linux 3.3), and by a fake.
 */
public interface NamedCounters extends AutoCloseable {
    /** The longest name in bytes (NFACCT_NAME_MAX, with its NUL). */
    int LONGEST_NAME = 31;

    /** Whether the kernel has counters at all. */
    boolean supported() throws NetlinkException;

    /** Makes a counter that begins at 0; one that is there is left as it is, and no error. */
    void create(String name) throws NetlinkException;

    /** Deletes a counter. False when it stays because a rule counts into it; one that is not there is no error. */
    boolean delete(String name) throws NetlinkException;

    /** Empty when there is no such counter. */
    Optional<Count> read(String name) throws NetlinkException;

    List<Count> list() throws NetlinkException;

    @Override
    void close();

    /** What a counter has counted, as unsigned numbers. */
    record Count(String name, long packets, long bytes) {}
}
