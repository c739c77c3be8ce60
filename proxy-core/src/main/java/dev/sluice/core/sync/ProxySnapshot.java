package dev.sluice.core.sync;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The whole truth for this node in one address family. A read-only view of the tracker's state, so that taking one costs
 * nothing; it is valid on the sync thread until the next change is applied. Its elements are immutable and may be kept.
 */
public interface ProxySnapshot {

    IpFamily family();

    NodeFacts node();

    /** Every service port, in no particular order. */
    Collection<ResolvedPort> ports();

    /** The service port of that name, or null when there is none (any more). */
    @Nullable
    ResolvedPort port(ServicePortName name);

    /** The number of endpoints of all service ports together. */
    int endpointCount();
}
