package dev.sluice.core.flows;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpAddress;

/** One end of a flow. */
public record FlowEnd(IpAddress address, int port) {

    static FlowEnd of(Endpoint endpoint) {
        return new FlowEnd(endpoint.address(), endpoint.port());
    }

    @Override
    public String toString() {
        return address.withPort(port);
    }
}
