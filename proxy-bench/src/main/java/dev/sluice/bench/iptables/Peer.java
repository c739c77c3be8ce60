// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import dev.sluice.bench.iptables.Comparison.Inputs;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.upstream.UpstreamText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Measures kube-proxy's way of writing the same rules with the same tool. */
final class Peer {
    private static final int LIMIT_SECONDS = Integer.getInteger("bench.peer.seconds", 60);

    private final Variant variant;
    private final RestoreClock clock;
    private final TemporaryFolder folder;
    private final int repeats;

    /**
     * A first sync.
     *
     * @param done whether it was done within its limit, which {@code seconds} is otherwise
     */
    record FirstSync(double seconds, boolean done, long bytes, long lines) {}

    /** One change. */
    record Change(RestoreClock.Took took, long bytes, long lines) {}

    Peer(Variant variant, RestoreClock clock, TemporaryFolder folder, int repeats) {
        this.variant = variant;
        this.clock = clock;
        this.folder = folder;
        this.repeats = repeats;
    }

    /** Writes {@code rules} by one restore, in a namespace of its own. */
    FirstSync firstSync(UpstreamText rules) throws IOException {
        String text = rules.everything();
        Path saved = folder.resolve("saved");
        Optional<RestoreClock.Took> took = clock.once(text, LIMIT_SECONDS, saved);
        if (took.isPresent() && !UpstreamText.of(TextFile.read(saved)).rules().equals(rules.rules())) {
            throw new LabException("the peer's rules differ from the daemon's");
        }
        return new FirstSync(
                took.map(t -> t.millis() / 1000).orElse((double) LIMIT_SECONDS),
                took.isPresent(),
                text.length(),
                text.lines().count());
    }

    /** The change that {@code ours} makes to the rules of {@code site}, written as the peer writes it. */
    Change change(Site site, UpstreamText before, Inputs ours) {
        LabHost node = site.lab().node();
        restore(node, ours.there());
        UpstreamText after = UpstreamText.of(site.save());
        restore(node, ours.back());
        Inputs theirs = new Inputs(after.since(before), before.since(after));
        RestoreClock.Took took = clock.thereAndBack(node, theirs, repeats);
        return new Change(took, theirs.there().length(), theirs.there().lines().count());
    }

    private void restore(LabHost node, String input) {
        node.feed(input, VariantHint.tool(variant, "-restore"), "-w", "5", "--noflush")
                .orThrow();
    }
}
