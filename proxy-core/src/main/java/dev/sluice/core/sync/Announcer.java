package dev.sluice.core.sync;

import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the observer, and survives what the observer does. */
final class Announcer {
    private static final Logger LOG = LoggerFactory.getLogger(Announcer.class);

    private final SyncObserver observer;

    Announcer(SyncObserver observer) {
        this.observer = observer;
    }

    void tell(Consumer<SyncObserver> event) {
        try {
            event.accept(observer);
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Throwable e) {
            LOG.error("metrics or health missed an event: this is a defect of Sluice, please report it", e);
        }
    }
}
