// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import static dev.sluice.linux.nftables.DataType.INET_PROTO;
import static dev.sluice.linux.nftables.DataType.INET_SERVICE;
import static dev.sluice.linux.nftables.DataType.MARK;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.nftables.DataType;
import dev.sluice.linux.nftables.NftSet;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The sets and maps of the table. Their order is that in which elements are added, so that nothing leads to what is not
 * there yet; they are deleted in the opposite order.
 */
public enum ServiceSet {
    NODE_PORT_ADDRESSES("nodeport-ips", "Addresses that serve node ports"),
    HAIRPIN("hairpin-connections", "Endpoints that reach themselves through a Service"),
    POOLS("pools", "Which endpoints of which service port a number stands for"),
    STICKY_TARGETS("sticky-targets", "Endpoints of pools with session affinity, by their numbers"),
    STICKY_MEMBERS("sticky-members", "These numbers once more, to ask whether an endpoint is still there"),
    STICKY_SLOTS("sticky-slots", "A new client's endpoint, of pools with session affinity"),
    SLOTS("slots", "A new connection's endpoint, by pool and random number"),
    SLOTS_2("slots-2", "The same, of further pools"),
    SLOTS_3("slots-3", "The same, of further pools"),
    SLOTS_4("slots-4", "The same, of further pools"),
    SLOTS_5("slots-5", "The same, of further pools"),
    SLOTS_6("slots-6", "The same, of further pools"),
    SLOTS_7("slots-7", "The same, of further pools"),
    SLOTS_8("slots-8", "The same, of further pools"),
    KINDS("kinds", "How an endpoint is chosen"),
    CONNECTION_LIMITS("connection-limits", "How many connections may be open, by service port"),
    LIMITED("limited-services", "Addresses that only so many connections may use"),
    LIMITED_NODE_PORTS("limited-nodeports", "Node ports that only so many connections may use"),
    SHORT_CIRCUITS("short-circuits", "The pool for Pods and this node, where others use local endpoints"),
    ALLOWED("allowed-sources", "Clients of addresses that only some may use"),
    RESTRICTED("restricted-services", "Addresses that only some clients may use"),
    DROPPED("dropped-services", "Addresses that have no endpoint on this node"),
    DROPPED_NODE_PORTS("dropped-nodeports", "Node ports that have no endpoint on this node"),
    REFUSED("refused-services", "Addresses that have no endpoint"),
    REFUSED_NODE_PORTS("refused-nodeports", "Node ports that have no endpoint"),
    CLUSTER_ADDRESSES("cluster-ips", "Cluster addresses of Services"),
    SERVICE_RANGES("service-cidrs", "Ranges that cluster addresses are taken from, for any protocol"),
    PORTALS("service-ips", "Cluster, external and load balancer addresses"),
    NODE_PORTS("service-nodeports", "Node ports"),
    LOCALHOST_NODE_PORTS("localhost-nodeports", "The source of packets to node ports on loopback addresses"),
    /** Rules add its elements. */
    AFFINITY("affinity", "The endpoint of each client, by pool");

    private static final int MOST_CLIENTS = 1 << 18;

    /**
     * The maps that pools without affinity share among them. The kernel goes through a map from its begin for each 32
     * KiB that it lists: 220,000 elements of one map take 2.0 s of CPU, 55,000 0.13 s.
     */
    private static final List<ServiceSet> SLOT_MAPS =
            List.of(SLOTS, SLOTS_2, SLOTS_3, SLOTS_4, SLOTS_5, SLOTS_6, SLOTS_7, SLOTS_8);

    private final String label;
    private final String comment;

    ServiceSet(String label, String comment) {
        this.label = label;
        this.comment = comment;
    }

    /** Its name in the table. */
    public String label() {
        return label;
    }

    /** The set of that name. */
    public static Optional<ServiceSet> labelled(String label) {
        return Arrays.stream(values()).filter(set -> set.label.equals(label)).findFirst();
    }

    /** The maps of slots. */
    public static List<ServiceSet> slotMaps() {
        return SLOT_MAPS;
    }

    /** The map of slots of pools that have that {@linkplain PacketNumber#slotMap number}. */
    public static ServiceSet slots(int slotMap) {
        return SLOT_MAPS.get(slotMap);
    }

    /** Whether several service ports may have the same element. */
    public boolean isShared() {
        return this == HAIRPIN || this == CLUSTER_ADDRESSES;
    }

    /** Whether an element belongs to one pool, whose number it begins with. */
    public boolean isOfOnePool() {
        return compareTo(POOLS) >= 0 && compareTo(SLOTS_8) <= 0;
    }

    /** The set as it is made for {@code family}. */
    public NftSet definition(IpFamily family) {
        return shape(DataType.address(family)).withComment(comment);
    }

    private NftSet shape(DataType address) {
        List<DataType> portal = List.of(address, INET_PROTO, INET_SERVICE);
        List<DataType> nodePort = List.of(INET_PROTO, INET_SERVICE);
        List<DataType> target = List.of(address, INET_SERVICE);
        List<DataType> number = List.of(MARK);
        List<DataType> slot = List.of(MARK, MARK);
        return switch (this) {
            case NODE_PORT_ADDRESSES, CLUSTER_ADDRESSES -> NftSet.set(label, List.of(address));
            case HAIRPIN -> NftSet.set(label, List.of(address, address, INET_PROTO, INET_SERVICE));
            case POOLS, CONNECTION_LIMITS -> NftSet.set(label, number);
            case STICKY_TARGETS -> NftSet.map(label, number, target);
            case STICKY_MEMBERS, SHORT_CIRCUITS -> NftSet.map(label, number, number);
            case STICKY_SLOTS -> NftSet.map(label, slot, number);
            case SLOTS, SLOTS_2, SLOTS_3, SLOTS_4, SLOTS_5, SLOTS_6, SLOTS_7, SLOTS_8 ->
                NftSet.map(label, slot, target);
            case KINDS -> NftSet.verdicts(label, number);
            case ALLOWED ->
                NftSet.set(label, List.of(address, INET_PROTO, INET_SERVICE, address))
                        .with(NftSet.Flag.INTERVAL);
            // sets of ranges in several fields need no elements for the ends of ranges
            case SERVICE_RANGES ->
                NftSet.set(label, List.of(address, INET_PROTO)).with(NftSet.Flag.INTERVAL);
            case RESTRICTED, DROPPED, REFUSED -> NftSet.set(label, portal);
            case DROPPED_NODE_PORTS, REFUSED_NODE_PORTS -> NftSet.set(label, nodePort);
            case PORTALS, LIMITED -> NftSet.map(label, portal, number);
            case NODE_PORTS, LIMITED_NODE_PORTS -> NftSet.map(label, nodePort, number);
            case LOCALHOST_NODE_PORTS -> NftSet.map(label, nodePort, List.of(address));
            case AFFINITY ->
                NftSet.map(label, List.of(MARK, address), number)
                        .with(NftSet.Flag.TIMEOUT, NftSet.Flag.DYNAMIC)
                        .withSize(MOST_CLIENTS);
        };
    }
}
