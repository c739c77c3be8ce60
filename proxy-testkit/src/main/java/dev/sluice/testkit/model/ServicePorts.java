// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.model;

import dev.sluice.core.model.AddressOwner;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A builder of {@link ServicePort}:
 * {@code ServicePorts.tcp("shop/web:http", "10.96.0.50", 80).nodePort(30080).build()}. By default a port has only a
 * cluster address, both policies are Cluster, and there is no affinity.
 */
public final class ServicePorts {
    private final ServicePortName name;
    private final IpAddress clusterIp;
    private final int port;
    private int nodePort;
    private boolean externalLocal;
    private boolean internalLocal;
    private int affinitySeconds;
    private List<IpAddress> externalIps = List.of();
    private List<Cidr> sourceRanges = List.of();
    private List<IpAddress> vips = List.of();
    private final Map<IpAddress, AddressOwner> owners = new HashMap<>();
    private int healthCheckNodePort;
    private Map<String, String> annotations = Map.of();

    private ServicePorts(ServicePortName name, String clusterIp, int port) {
        this.name = name;
        this.clusterIp = IpAddress.of(clusterIp);
        this.port = port;
    }

    public static ServicePorts tcp(String name, String clusterIp, int port) {
        return of(Protocol.TCP, name, clusterIp, port);
    }

    public static ServicePorts udp(String name, String clusterIp, int port) {
        return of(Protocol.UDP, name, clusterIp, port);
    }

    public static ServicePorts sctp(String name, String clusterIp, int port) {
        return of(Protocol.SCTP, name, clusterIp, port);
    }

    /** @param name {@code namespace/name} or {@code namespace/name:port} */
    public static ServicePorts of(Protocol protocol, String name, String clusterIp, int port) {
        return new ServicePorts(name(protocol, name), clusterIp, port);
    }

    /** The identity spelled {@code namespace/name} or {@code namespace/name:port}. */
    public static ServicePortName name(Protocol protocol, String text) {
        int slash = text.indexOf('/');
        int colon = text.indexOf(':', slash);
        String service = text.substring(slash + 1, colon < 0 ? text.length() : colon);
        String port = colon < 0 ? "" : text.substring(colon + 1);
        return new ServicePortName(new ServiceName(text.substring(0, slash), service), port, protocol);
    }

    public ServicePorts nodePort(int value) {
        nodePort = value;
        return this;
    }

    public ServicePorts externalPolicyLocal() {
        externalLocal = true;
        return this;
    }

    public ServicePorts internalPolicyLocal() {
        internalLocal = true;
        return this;
    }

    public ServicePorts affinity(int seconds) {
        affinitySeconds = seconds;
        return this;
    }

    public ServicePorts externalIps(String... addresses) {
        externalIps = addresses(addresses);
        return this;
    }

    public ServicePorts loadBalancer(String... addresses) {
        vips = addresses(addresses);
        return this;
    }

    /** Somebody else has that external or load balancer address. */
    public ServicePorts owner(String address, AddressOwner owner) {
        owners.put(IpAddress.of(address), owner);
        return this;
    }

    public ServicePorts sourceRanges(String... cidrs) {
        sourceRanges = Arrays.stream(cidrs).map(Cidr::of).toList();
        return this;
    }

    public ServicePorts healthCheckNodePort(int value) {
        healthCheckNodePort = value;
        return this;
    }

    public ServicePorts annotations(Map<String, String> values) {
        annotations = Map.copyOf(values);
        return this;
    }

    public ServicePort build() {
        return new ServicePort(
                name,
                port,
                nodePort,
                new ServicePort.Addresses(clusterIp, externalIps, vips, sourceRanges, owners),
                new ServicePort.Policies(externalLocal, internalLocal, affinitySeconds, healthCheckNodePort),
                annotations);
    }

    private static List<IpAddress> addresses(String... texts) {
        return Arrays.stream(texts).map(IpAddress::of).toList();
    }
}
