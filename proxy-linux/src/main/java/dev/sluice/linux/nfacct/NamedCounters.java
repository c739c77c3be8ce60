// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nfacct;

import dev.sluice.linux.NetlinkException;
import java.util.List;
import java.util.Optional;

/**
 * The named packet counters of one network namespace, which rules of both families count into with
 * {@code -m nfacct --nfacct-name NAME}. They outlive the rules and the process. Implemented over nfnetlink (subsystem
 * ACCT, since Linux 3.3), and by a fake.
 */
public interface NamedCounters extends AutoCloseable {
    /** The longest name in bytes (NFACCT_NAME_MAX, with its NUL). */
    int LONGEST_NAME = 31;

    /** Whether the kernel has named counters. */
    boolean supported() throws NetlinkException;

    /** Creates a counter at 0; an existing one is left as it is. */
    void create(String name) throws NetlinkException;

    /** Deletes a counter. False when a rule still counts into it; true when it does not exist. */
    boolean delete(String name) throws NetlinkException;

    /** Empty when there is no such counter. */
    Optional<Count> read(String name) throws NetlinkException;

    List<Count> list() throws NetlinkException;

    @Override
    void close();

    /** The values of a counter, as unsigned numbers. */
    record Count(String name, long packets, long bytes) {}
}
