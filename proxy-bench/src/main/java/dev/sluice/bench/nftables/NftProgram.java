// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.nftables;

import dev.sluice.bench.Samples;
import dev.sluice.testkit.lab.Lab;

/** Times {@code nft -f} with kube-proxy's table, on a node of its own; the JVM only starts it. */
final class NftProgram implements AutoCloseable {
    private static final int REPEATS = 5;

    private final Lab lab = Lab.create();
    private final UpstreamTable table;

    NftProgram(int services) {
        table = new UpstreamTable(services);
    }

    /** Writes everything; in seconds. */
    double everythingSeconds() {
        return run(table.everything()) / 1e9;
    }

    /** The median of a change, in milliseconds. */
    double millis(TableChange change) {
        Samples samples = new Samples();
        for (int i = 0; i < REPEATS; i++) {
            samples.add(run(text(change, true)));
            run(text(change, false));
        }
        return samples.micros(50) / 1e3;
    }

    private String text(TableChange change, boolean there) {
        return switch (change) {
            case ENDPOINT -> table.replaced(1, there);
            case SERVICE -> table.added(there);
            case HUNDRED -> table.replaced(100, there);
        };
    }

    private long run(String text) {
        long start = System.nanoTime();
        lab.node().feed(text, "nft", "-f", "-").orThrow();
        return System.nanoTime() - start;
    }

    @Override
    public void close() {
        lab.close();
    }
}
