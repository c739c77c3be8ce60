// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.ProcessListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Reports the restores of this process as they begin and end; register it with the command runner of the tools. */
public final class OwnRestores implements ProcessListener {
    private final List<Follower> followers = new CopyOnWriteArrayList<>();

    /** Notifies {@code follower} of restores from now on. */
    public void follow(Follower follower) {
        followers.add(follower);
    }

    public void unfollow(Follower follower) {
        followers.remove(follower);
    }

    @Override
    public void started(Command command, long pid) {
        report(command, pid, restore -> followers.forEach(f -> f.begins(restore)));
    }

    @Override
    public void ended(Command command, long pid) {
        report(command, pid, restore -> followers.forEach(f -> f.ended(restore)));
    }

    private static void report(Command command, long pid, Consumer<Restore> listener) {
        String program = command.program().substring(command.program().lastIndexOf('/') + 1);
        if (program.endsWith("-restore") && program.contains("tables")) {
            IpFamily family = program.startsWith("ip6") ? IpFamily.IPV6 : IpFamily.IPV4;
            listener.accept(new Restore(family, pid, command.input()));
        }
    }

    /** A run of iptables-restore with its input. */
    public record Restore(IpFamily family, long pid, String input) {}

    /** Notified of restores, on the threads that make them. */
    public interface Follower {

        /** Its process has started and not read any input yet. */
        void begins(Restore restore);

        /** Its process has ended, with or without success. */
        void ended(Restore restore);
    }
}
