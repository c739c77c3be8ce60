// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import dev.sluice.core.net.Protocol;
import java.util.Comparator;

/**
 * The identity of one port of one Service.
 *
 * @param port the port's name, empty when the Service has a single unnamed port
 */
public record ServicePortName(ServiceName service, String port, Protocol protocol)
        implements Comparable<ServicePortName> {

    private static final Comparator<ServicePortName> ORDER = Comparator.comparing(ServicePortName::service)
            .thenComparing(ServicePortName::port)
            .thenComparing(ServicePortName::protocol);

    @Override
    public int compareTo(ServicePortName other) {
        return ORDER.compare(this, other);
    }

    /** Names are keys of large maps, and the method that a record gets takes several times as long. */
    @Override
    public int hashCode() {
        return (service.hashCode() * 31 + port.hashCode()) * 31 + protocol.number();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ServicePortName that
                && service.equals(that.service)
                && port.equals(that.port)
                && protocol == that.protocol;
    }

    /**
     * {@code ns/name} or {@code ns/name:port}, without the protocol: the form that rule comments and chain hashes use
     * (kube-proxy's {@code ServicePortName.String}).
     */
    @Override
    public String toString() {
        return port.isEmpty() ? service.toString() : service + ":" + port;
    }
}
