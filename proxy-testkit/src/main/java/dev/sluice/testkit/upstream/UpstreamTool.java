// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabHost;
import java.util.ArrayList;
import java.util.List;

/** The iptables of one family as kube-proxy calls it. */
final class UpstreamTool {
    private final IpFamily family;
    private final LabHost node;

    UpstreamTool(IpFamily family, LabHost node) {
        this.family = family;
        this.node = node;
    }

    /** A jump from a built-in chain; {@code match} and {@code comment} may be empty. */
    record Jump(String table, String from, String match, String comment, String to) {}

    /** Creates the target, and puts the jump in front unless it is there, wherever. */
    void ensure(Jump jump) {
        node.run(name(""), "-w", "5", "-t", jump.table(), "-N", jump.to());
        List<String> rule = new ArrayList<>(
                jump.match().isEmpty()
                        ? List.of()
                        : List.of(jump.match().strip().split(" ")));
        if (!jump.comment().isEmpty()) {
            rule.addAll(List.of("-m", "comment", "--comment", jump.comment()));
        }
        rule.addAll(List.of("-j", jump.to()));
        if (call(jump, "-C", rule) != 0) {
            call(jump, "-I", rule);
        }
    }

    private int call(Jump jump, String command, List<String> rule) {
        List<String> words = new ArrayList<>(List.of(name(""), "-w", "5", "-t", jump.table(), command, jump.from()));
        words.addAll(rule);
        return node.run(words.toArray(String[]::new)).exitCode();
    }

    /** @param more options besides {@code --noflush} */
    void restore(String text, String... more) {
        List<String> words = new ArrayList<>(List.of(name("-restore"), "-w", "5", "--noflush"));
        words.addAll(List.of(more));
        node.feed(text, words.toArray(String[]::new)).orThrow();
    }

    String save() {
        return node.run(name("-save")).orThrow();
    }

    private String name(String suffix) {
        return (family == IpFamily.IPV4 ? "iptables" : "ip6tables") + suffix;
    }
}
