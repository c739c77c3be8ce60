package dev.sluice.iptables.sync;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.iptables.RestoreScript;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is written in one restore or not at all, and whose fault it is when it is refused. */
interface Piece {
    /** The port that it belongs to; null for what holds the rules of several together. */
    @Nullable
    ServicePortName port();

    /** @param declared chains that exist by now and must not be emptied again */
    void writeTo(RestoreScript out, Set<String> declared);

    /** Whether {@code line} of a restore input is part of this. */
    boolean owns(String line);
}
