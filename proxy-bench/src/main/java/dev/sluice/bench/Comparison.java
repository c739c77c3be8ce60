package dev.sluice.bench;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.model.ManyServices;
import dev.sluice.testkit.upstream.UpstreamText;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One variant at one number of Services: a flat site and a tree site side by side, and the peer in the flat one's rules. */
final class Comparison implements AutoCloseable {
    /** A legacy restore replaces the whole table, and the walk of a flat list is measured in the nft variant. */
    static final int LARGEST_LEGACY = 10_000;

    private static final int LARGEST_PEER = 10_000;
    private static final int PEER_SECONDS = Integer.getInteger("bench.peer.seconds", 60);
    private static final int CHANGES = 5;
    private static final int ROUNDS = 22;
    private static final int WARM_UP_ROUNDS = 2;
    private static final int CONNECTIONS = 100;
    private static final Pattern DESTINATION = Pattern.compile("-d ([0-9.]+)/32 ");

    private final Variant variant;
    private final int services;
    private final Report report;
    private final TemporaryFolder folder = new TemporaryFolder("sluice-bench-peer");
    private final RestoreClock clock;
    private final List<Site> sites = new ArrayList<>();

    /** The changes whose cost is measured; each has two states, and starts in state 0. */
    private enum Kind {
        ENDPOINT("one endpoint replaced"),
        SERVICE("one Service added");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        void become(ManyServices many, int state) throws IOException {
            switch (this) {
                case ENDPOINT -> many.replaceOne(state);
                case SERVICE -> many.oneMore(state == 1);
            }
        }
    }

    /** What the daemon gave to the tool for a change there and the change back. */
    private record Texts(String there, String back) {}

    Comparison(Variant variant, int services, Report report) {
        this.variant = variant;
        this.services = services;
        this.report = report;
        this.clock = new RestoreClock(variant, folder);
    }

    private String name() {
        return variant.name().toLowerCase(Locale.ROOT);
    }

    void run() throws IOException {
        for (Layout layout : Layout.values()) {
            report.progress(name() + " at " + services + " Services, " + layout);
            Site site = new Site(variant, layout, services);
            sites.add(site);
            rules(site);
        }
        latency();
    }

    private void rules(Site site) throws IOException {
        DaemonClock.FirstSync first = site.start();
        Map<Kind, List<DaemonClock.Change>> changes = new EnumMap<>(Kind.class);
        Map<Kind, Texts> texts = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            List<DaemonClock.Change> costs = new ArrayList<>();
            for (int i = 0; i <= CHANGES; i++) {
                DaemonClock.Change there = site.change(kind::become, 1);
                site.change(kind::become, 0);
                if (i > 0) { // the first ones warm the daemon up
                    costs.add(there);
                }
            }
            changes.put(kind, costs);
            texts.put(kind, new Texts(site.record(kind::become, 1), site.record(kind::become, 0)));
        }
        site.stop();
        boolean peer = site.layout() == Layout.FLAT && services <= LARGEST_PEER;
        UpstreamText flat = UpstreamText.of(peer ? site.save() : "");
        report.firstSync(name(), services, site.layout(), first, peer ? firstSyncOfPeer(flat) : Optional.empty());
        for (Kind kind : Kind.values()) {
            Texts text = texts.getOrDefault(kind, new Texts("", ""));
            RestoreClock.Took tool = clock.thereAndBack(site.lab().node(), text.there(), text.back(), CHANGES);
            Optional<Report.PeerChange> other = peer ? Optional.of(changeOfPeer(site, flat, text)) : Optional.empty();
            report.change(
                    name(), services, site.layout(), kind.text, changes.getOrDefault(kind, List.of()), tool, other);
        }
    }

    /** The same rules in a namespace of their own, by one restore. */
    private Optional<Report.PeerSync> firstSyncOfPeer(UpstreamText flat) throws IOException {
        String text = flat.everything();
        Path saved = folder.resolve("saved");
        report.progress(name() + " at " + services + " Services, the peer's first sync");
        Optional<RestoreClock.Took> took = clock.once(text, PEER_SECONDS, saved);
        if (took.isPresent()
                && !UpstreamText.of(Files.readString(saved)).rules().equals(flat.rules())) {
            throw new LabException("the peer has other rules in force than the daemon");
        }
        return Optional.of(new Report.PeerSync(
                took.map(t -> t.millis() / 1000).orElse((double) PEER_SECONDS),
                took.isPresent(),
                text.length(),
                text.lines().count()));
    }

    /** The same change of the same rules, written as the peer writes it. */
    private Report.PeerChange changeOfPeer(Site site, UpstreamText before, Texts ours) {
        site.lab().node().feed(ours.there(), restore(), "-w", "5", "--noflush").orThrow();
        UpstreamText after = UpstreamText.of(site.save());
        site.lab().node().feed(ours.back(), restore(), "-w", "5", "--noflush").orThrow();
        String there = after.since(before);
        RestoreClock.Took took = clock.thereAndBack(site.lab().node(), there, before.since(after), CHANGES);
        return new Report.PeerChange(took, there.length(), there.lines().count());
    }

    private String restore() {
        return VariantHint.tool(variant, "-restore");
    }

    /** In rounds that go through all sites and ways, so that what disturbs the machine disturbs all of them. */
    private void latency() throws IOException {
        IpAddress last = lastOfFlat();
        Random random = new Random(services);
        Map<Layout, Map<Way, Samples>> samples = new EnumMap<>(Layout.class);
        List<FirstPacket> callers = new ArrayList<>();
        try {
            for (Site site : sites) {
                callers.add(new FirstPacket(site.lab()));
                samples.put(site.layout(), new EnumMap<>(Way.class));
            }
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < sites.size(); i++) {
                    Map<Way, Samples> ofSite = samples.get(sites.get(i).layout());
                    for (Way way : Way.values()) {
                        Samples into = round < WARM_UP_ROUNDS || ofSite == null
                                ? new Samples()
                                : ofSite.computeIfAbsent(way, w -> new Samples());
                        callers.get(i).connect(CONNECTIONS, n -> target(way, random, last), into);
                    }
                }
            }
        } finally {
            for (FirstPacket caller : callers) {
                caller.close();
            }
        }
        report.latency(name(), services, samples);
    }

    /** Where a connection goes. */
    enum Way {
        DIRECT("to a Pod itself: passes all of a list"),
        RANDOM("to a random Service"),
        LAST("to the last Service of the flat list");

        final String text;

        Way(String text) {
            this.text = text;
        }
    }

    private InetSocketAddress target(Way way, Random random, IpAddress last) {
        return switch (way) {
            case DIRECT ->
                new InetSocketAddress(
                        FirstPacket.ENDPOINTS
                                .get(random.nextInt(FirstPacket.ENDPOINTS.size()))
                                .toInetAddress(),
                        FirstPacket.PORT);
            case RANDOM ->
                new InetSocketAddress(
                        ManyServices.clusterIp(random.nextInt(services)).toInetAddress(), ManyServices.PORT);
            case LAST -> new InetSocketAddress(last.toInetAddress(), ManyServices.PORT);
        };
    }

    private IpAddress lastOfFlat() {
        Site flat = sites.getFirst();
        List<String> dispatch = UpstreamText.of(flat.save()).dispatch();
        for (String rule : dispatch.reversed()) {
            Matcher matcher = DESTINATION.matcher(rule + " ");
            if (matcher.find()) {
                return IpAddress.of(matcher.group(1));
            }
        }
        throw new LabException("no Service in the dispatch chain of the flat site");
    }

    @Override
    public void close() {
        sites.forEach(Site::close);
        folder.close();
    }
}
