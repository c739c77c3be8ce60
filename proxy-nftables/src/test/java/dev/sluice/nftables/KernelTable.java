// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.testkit.model.EditableSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A backend in a network namespace of its own, and the table that it writes there. */
final class KernelTable implements AutoCloseable {
    final IpFamily family;
    final EditableSnapshot snapshot;
    private final NetworkNamespace namespace;
    private final NftablesConfig config;
    private NftablesBackend backend;

    KernelTable(NftablesConfig config) throws Exception {
        this.config = config;
        this.family = config.family();
        namespace = NetworkNamespace.create("nftmode");
        snapshot = new EditableSnapshot(family)
                .node(new NodeFacts(
                        "node-a",
                        "",
                        List.of(IpAddress.of(family == IpFamily.IPV4 ? "192.0.2.10" : "2001:db8::10")),
                        List.of()));
        backend = open();
    }

    private NftablesBackend open() throws Exception {
        return namespace.call(() -> new NftablesBackend(config, NetlinkNftables.open(), NetlinkLinks.open()));
    }

    /** Another program's socket in the same namespace. */
    NetlinkNftables others() throws Exception {
        return namespace.call(NetlinkNftables::open);
    }

    /** As a new process begins. */
    void restart() throws Exception {
        backend.close();
        backend = open();
    }

    SyncReport sync() throws Exception {
        return backend.sync(snapshot, snapshot.changes());
    }

    SyncReport fullSync() throws Exception {
        return backend.sync(snapshot, Changes.all());
    }

    void cleanUp() throws Exception {
        backend.cleanUp();
    }

    /** What {@code nft} prints; fails when it fails. */
    String nft(String... command) throws Exception {
        return namespace.call(() -> {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(String.join(" ", command) + ": " + output);
            }
            return output;
        });
    }

    /** The ruleset in lines, sorted, because the order of elements has no meaning. */
    List<String> dump() throws Exception {
        return nft("nft", "list", "ruleset")
                .replaceAll("elements = \\{|, |,\n", "\n")
                .lines()
                .map(line -> line.strip().replaceAll("[ }]+$", ""))
                .filter(line -> !line.isEmpty())
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        backend.close();
        namespace.close();
    }
}
