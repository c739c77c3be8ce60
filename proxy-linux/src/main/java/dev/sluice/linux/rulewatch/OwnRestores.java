package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.ProcessListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The restores that this process's own tools make, as they begin and end; give it to the tools' command runner. */
public final class OwnRestores implements ProcessListener {
    private final List<Follower> followers = new CopyOnWriteArrayList<>();

    /** Hears of restores from now on. */
    public void follow(Follower follower) {
        followers.add(follower);
    }

    public void unfollow(Follower follower) {
        followers.remove(follower);
    }

    @Override
    public void started(Command command, long pid) {
        tell(command, pid, restore -> followers.forEach(f -> f.begins(restore)));
    }

    @Override
    public void ended(Command command, long pid) {
        tell(command, pid, restore -> followers.forEach(f -> f.ended(restore)));
    }

    private static void tell(Command command, long pid, Consumer<Restore> listener) {
        String program = command.program().substring(command.program().lastIndexOf('/') + 1);
        if (program.endsWith("-restore") && program.contains("tables")) {
            IpFamily family = program.startsWith("ip6") ? IpFamily.IPV6 : IpFamily.IPV4;
            listener.accept(new Restore(family, pid, command.input()));
        }
    }

    /** A run of iptables-restore, and what it reads. */
    public record Restore(IpFamily family, long pid, String input) {}

    /** Hears of restores, on the threads that make them. */
    public interface Follower {

        /** Its process is there, and has read nothing yet. */
        void begins(Restore restore);

        /** Its process has ended, with or without success. */
        void ended(Restore restore);
    }
}
