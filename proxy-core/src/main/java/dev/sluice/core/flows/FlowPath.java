package dev.sluice.core.flows;

import dev.sluice.core.net.Protocol;

/**
 * A tracked flow as far as it matters whether it is stale.
 *
 * @param asked what the client sends to
 * @param reached what answers: the source of the replies that the kernel expects
 * @param ownZone whether it is in the zone in which the mode's rules work; in others somebody else may do the translating
 */
public record FlowPath(Protocol protocol, FlowEnd asked, FlowEnd reached, boolean ownZone) {

    /** Whether its destination is rewritten on the way. */
    public boolean translated() {
        return !asked.equals(reached);
    }
}
