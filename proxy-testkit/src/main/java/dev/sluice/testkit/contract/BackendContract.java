// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Nested;

/**
 * The contract that every mode keeps, whatever it writes to the kernel. A mode's test extends this class and supplies
 * its module; what is special about the mode is tested elsewhere.
 */
public abstract class BackendContract {
    /** The mode's module on {@code host}. */
    protected abstract ProxyModule module(FakeHost host);

    /** A host with what the mode needs. */
    protected FakeHost host(IpFamily family) {
        return FakeHost.withNode(node(family));
    }

    /** The node address that the API server knows. */
    protected IpAddress node(IpFamily family) {
        return LabAddresses.of(LabAddresses.NODE_A, family);
    }

    /** Whether the mode writes to the kernel. */
    protected boolean writes() {
        return true;
    }

    /** Whether the mode carries {@code protocol}. */
    protected boolean carries(Protocol protocol) {
        return true;
    }

    /**
     * {@code dump} without what may differ between two nodes that carry traffic alike, e.g. an order without meaning.
     */
    protected List<String> comparable(List<String> dump) {
        return dump;
    }

    /** {@code dump} with the rules of {@code chains} sorted, because their order has no meaning. */
    protected static List<String> unordered(List<String> dump, Predicate<KernelObject> chains) {
        return dump.stream()
                .sorted(Comparator.comparing(line -> {
                    String place = line.split(":", 2)[0];
                    String[] words = place.split(" ", 3); // family, table, chain
                    return words.length == 3 && chains.test(new KernelObject(words[1], words[2])) ? line : place;
                }))
                .toList();
    }

    @Nested
    class Sync extends SyncContract {
        Sync() {
            super(BackendContract.this);
        }
    }

    @Nested
    class Ownership extends OwnershipContract {
        Ownership() {
            super(BackendContract.this);
        }
    }

    @Nested
    class Failure extends FailureContract {
        Failure() {
            super(BackendContract.this);
        }
    }

    @Nested
    class Explain extends ExplainContract {
        Explain() {
            super(BackendContract.this);
        }
    }
}
