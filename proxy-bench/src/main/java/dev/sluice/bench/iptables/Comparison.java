// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import dev.sluice.bench.DaemonClock;
import dev.sluice.bench.ServiceChange;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.upstream.UpstreamText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One variant at one number of Services: a site with a flat list beside one with a tree, and the peer with the rules of
 * the flat one.
 */
final class Comparison implements AutoCloseable {
    /** A legacy restore replaces the whole table, and the walk of a flat list is measured in the nft variant. */
    static final int LARGEST_LEGACY = 10_000;

    private static final int LARGEST_PEER = 10_000;
    private static final int REPEATS = 5;

    private final Variant variant;
    private final int services;
    private final IptablesReport report;
    private final TemporaryFolder folder = new TemporaryFolder("sluice-bench-peer");
    private final RestoreClock clock;
    private final Peer peer;
    private final List<Site> sites = new ArrayList<>();

    /** The input of the tool for a change, and for its reversal. */
    record Inputs(String there, String back) {}

    /** The measurements of one change. */
    private record Measured(List<DaemonClock.Change> costs, Inputs inputs) {}

    Comparison(Variant variant, int services, IptablesReport report) {
        this.variant = variant;
        this.services = services;
        this.report = report;
        this.clock = new RestoreClock(variant, folder);
        this.peer = new Peer(variant, clock, folder, REPEATS);
    }

    private String name() {
        return variant.name().toLowerCase(Locale.ROOT);
    }

    void run() throws IOException {
        for (Layout layout : Layout.values()) {
            report.progress(name() + " at " + services + " Services, " + layout);
            Site site = new Site(variant, layout, services);
            sites.add(site);
            measureRules(site);
        }
        report.latency(name(), services, new FirstPacketComparison(sites, services).run());
    }

    private void measureRules(Site site) throws IOException {
        DaemonClock.FirstSync first = site.start();
        Map<ServiceChange, Measured> changes = new EnumMap<>(ServiceChange.class);
        for (ServiceChange change : ServiceChange.values()) {
            List<DaemonClock.Change> costs = new ArrayList<>();
            for (int i = 0; i <= REPEATS; i++) {
                DaemonClock.Change there = site.change(change, true);
                site.change(change, false);
                if (i > 0) { // the first ones warm the daemon up
                    costs.add(there);
                }
            }
            changes.put(change, new Measured(costs, new Inputs(site.record(change, true), site.record(change, false))));
        }
        site.stop();
        boolean withPeer = site.layout() == Layout.FLAT && services <= LARGEST_PEER;
        UpstreamText flat = UpstreamText.of(withPeer ? site.save() : "");
        if (withPeer) {
            report.progress(name() + " at " + services + " Services, the peer's first sync");
        }
        report.firstSync(
                name(),
                services,
                site.layout(),
                first,
                withPeer ? Optional.of(peer.firstSync(flat)) : Optional.empty());
        for (Map.Entry<ServiceChange, Measured> change : changes.entrySet()) {
            Inputs inputs = change.getValue().inputs();
            RestoreClock.Took tool = clock.thereAndBack(site.lab().node(), inputs, REPEATS);
            report.change(
                    name(),
                    services,
                    site.layout(),
                    change.getKey(),
                    change.getValue().costs(),
                    tool,
                    withPeer ? Optional.of(peer.change(site, flat, inputs)) : Optional.empty());
        }
    }

    @Override
    public void close() {
        sites.forEach(Site::close);
        folder.close();
    }
}
