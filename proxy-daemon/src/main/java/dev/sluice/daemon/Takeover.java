package dev.sluice.daemon;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Takes away what a proxy of another mode has left on the node, once this mode's rules are in force: so traffic has rules at
 * every moment of a change of modes, and afterwards those of one mode only.
 */
final class Takeover implements SyncObserver {
    private final Consumer<IpFamily> removal;
    private final Set<IpFamily> done = EnumSet.noneOf(IpFamily.class);

    /** @param removal is run after the first sync of each family, on the sync thread */
    Takeover(Consumer<IpFamily> removal) {
        this.removal = removal;
    }

    @Override
    public void succeeded(Success success) {
        if (done.add(success.family())) {
            removal.accept(success.family());
        }
    }
}
