// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ResolvedPort.Disposition;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.linux.nftables.expression.ConnectionLimit;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.PacketNumber;
import dev.sluice.nftables.layout.ServiceSet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Renders the elements of one service port. The same plan on the same node gives the same elements. */
public final class PortElements {
    private static final String NO_COMMENT = "";

    private final ServedNode node;
    private final PoolNumbers numbers;
    private final ElementPlan plan;
    private final ResolvedPort port;
    private final ServicePort service;
    private final Protocol protocol;
    private final ElementSink sink;
    private final String comment;

    // used for each element
    private final Words.Builder key = new Words.Builder();
    private final Words.Builder value = new Words.Builder();

    private PortElements(ServedNode node, PoolNumbers numbers, ElementPlan plan, ElementSink sink) {
        this.node = node;
        this.numbers = numbers;
        this.plan = plan;
        this.port = plan.port();
        this.service = port.service();
        this.protocol = service.protocol();
        this.sink = sink;
        this.comment = PoolLabel.of(port.name());
    }

    public static List<Placed> of(ServedNode node, PoolNumbers numbers, ElementPlan plan) {
        List<Placed> elements = new ArrayList<>();
        render(node, numbers, plan, new ElementSink() {
            @Override
            public void take(ServiceSet set, Words.Builder key, Words.@Nullable Builder value, String comment) {
                take(set, ElementSink.element(key, value, comment));
            }

            @Override
            public void take(ServiceSet set, SetElement element) {
                elements.add(new Placed(set, element));
            }
        });
        return elements;
    }

    /** Gives the elements to {@code sink}, without an object for each. */
    public static void render(ServedNode node, PoolNumbers numbers, ElementPlan plan, ElementSink sink) {
        if (!plan.isLeftOut()) {
            new PortElements(node, numbers, plan, sink).render();
        }
    }

    private void render() {
        if (plan.pools().cluster() != null) {
            pool(plan.pools().cluster(), PoolPair.Use.CLUSTER);
        }
        if (plan.pools().local() != null) {
            pool(plan.pools().local(), PoolPair.Use.LOCAL);
        }
        limit();
        shortCircuit();
        clusterAddress();
        for (IpAddress address : service.externalIps()) {
            externalAddress(address);
        }
        for (IpAddress vip : service.loadBalancerVips()) {
            externalAddress(vip);
            if (!service.sourceRanges().isEmpty()) {
                restrict(vip);
            }
        }
        if (service.nodePort() != 0) {
            nodePort();
        }
        hairpin();
    }

    private void pool(Pool pool, PoolPair.Use use) {
        int base = PacketNumber.ofPool(pool.id());
        key.clear().number(base);
        sink.take(ServiceSet.POOLS, key, null, PoolLabel.of(comment, use));
        if (pool.sticky()) {
            stickySlots(pool);
        } else if (!sink.has(pool)) {
            slots(pool, base);
        }
    }

    private void slots(Pool pool, int base) {
        ServiceSet slots = ServiceSet.slots(PacketNumber.slotMap(pool.id()));
        for (int i = 0; i < pool.slots().size(); i++) {
            key.clear().number(base).number(i);
            sink.take(slots, key, target(pool.slots().get(i)), NO_COMMENT);
        }
    }

    private void stickySlots(Pool pool) {
        BitSet members = new BitSet();
        for (int i = 0; i < pool.slots().size(); i++) {
            Pool.Slot slot = pool.slots().get(i);
            int member = PacketNumber.ofMember(pool.id(), slot.member());
            if (!members.get(slot.member())) {
                members.set(slot.member());
                key.clear().number(member);
                sink.take(ServiceSet.STICKY_TARGETS, key, target(slot), NO_COMMENT);
                sink.take(ServiceSet.STICKY_MEMBERS, key, number(member), NO_COMMENT);
            }
            key.clear().number(PacketNumber.ofPool(pool.id())).number(i);
            sink.take(ServiceSet.STICKY_SLOTS, key, number(member), NO_COMMENT);
        }
    }

    private Words.Builder target(Pool.Slot slot) {
        return value.clear().address(slot.target().address()).port(slot.target().port());
    }

    private Words.Builder number(int number) {
        return value.clear().number(number);
    }

    private void limit() {
        int most = plan.options().mostConnections();
        if (most > 0 && plan.limitId() > 0) {
            SetElement element = SetElement.of(Words.number(PacketNumber.ofPool(plan.limitId())));
            sink.take(
                    ServiceSet.CONNECTION_LIMITS,
                    element.withLimit(new ConnectionLimit(most)).withComment(comment));
        }
    }

    /** The number of a packet that uses {@code pool}, without flags; 0 when there is no such pool. */
    private int number(@Nullable Pool pool) {
        if (pool == null) {
            return 0;
        }
        Kind kind = plan.kind(pool);
        return PacketNumber.ofPool(pool.id())
                | (kind == null ? 0 : numbers.kind(kind).orElse(0));
    }

    private int externalNumber() {
        if (!service.externalPolicyLocal()) {
            int cluster = number(plan.pools().cluster());
            return cluster == 0 ? 0 : cluster | PacketNumber.MASQUERADE;
        }
        int local = number(plan.pools().local());
        return local == 0 ? 0 : local | PacketNumber.LOCAL_POLICY;
    }

    private void shortCircuit() {
        Pool cluster = plan.pools().cluster();
        if (service.externallyAccessible() && service.externalPolicyLocal() && cluster != null) {
            key.clear().number(externalNumber());
            sink.take(ServiceSet.SHORT_CIRCUITS, key, number(number(cluster)), NO_COMMENT);
        }
    }

    private void clusterAddress() {
        key.clear().address(service.clusterIp());
        sink.take(ServiceSet.CLUSTER_ADDRESSES, key, null, NO_COMMENT);
        portal(service.clusterIp());
        Disposition internal = port.internalDisposition();
        if (internal == Disposition.FORWARD) {
            Pool pool = service.internalPolicyLocal()
                    ? plan.pools().local()
                    : plan.pools().cluster();
            leadTo(ServiceSet.PORTALS, number(pool));
        }
        refuse(internal, ServiceSet.REFUSED, ServiceSet.DROPPED);
    }

    private void externalAddress(IpAddress address) {
        portal(address);
        leadTo(ServiceSet.PORTALS, externalNumber());
        refuse(port.externalDisposition(), ServiceSet.REFUSED, ServiceSet.DROPPED);
    }

    private void nodePort() {
        key.clear().protocol(protocol).port(service.nodePort());
        int number = externalNumber();
        leadTo(ServiceSet.NODE_PORTS, number);
        Optional<IpAddress> nodeIp = node.nodeIp();
        if (node.localhost() && number != 0 && nodeIp.isPresent()) {
            value.clear().address(nodeIp.get());
            sink.take(ServiceSet.LOCALHOST_NODE_PORTS, key, value, comment);
        }
        refuse(port.externalDisposition(), ServiceSet.REFUSED_NODE_PORTS, ServiceSet.DROPPED_NODE_PORTS);
    }

    /** Leads the portal in {@code key} to a number. */
    private void leadTo(ServiceSet map, int number) {
        if (number == 0) {
            return;
        }
        sink.take(map, key, number(number), comment);
        if (plan.options().mostConnections() > 0) {
            ServiceSet limited = map == ServiceSet.PORTALS ? ServiceSet.LIMITED : ServiceSet.LIMITED_NODE_PORTS;
            sink.take(limited, key, number(PacketNumber.ofPool(plan.limitId())), NO_COMMENT);
        }
    }

    /** Refuses or drops what comes to the portal in {@code key}. */
    private void refuse(Disposition disposition, ServiceSet refused, ServiceSet dropped) {
        switch (disposition) {
            case REJECT -> sink.take(refused, key, null, comment);
            case DROP -> sink.take(dropped, key, null, comment);
            case FORWARD -> {}
        }
    }

    /** Ranges within others are left out: those of one set must not overlap. */
    private void restrict(IpAddress vip) {
        List<Cidr> allowed = new ArrayList<>(service.sourceRanges());
        // where the address is bound to this node, the node's own packets to it carry it as their source
        if (node.nodeIp()
                .filter(ip -> allowed.stream().anyMatch(r -> r.contains(ip)))
                .isPresent()) {
            allowed.add(Cidr.host(vip));
        }
        portal(vip);
        sink.take(ServiceSet.RESTRICTED, key, null, comment);
        for (Cidr range : Ranges.disjoint(allowed)) {
            SetElement element = SetElement.range(from(vip, range.base()), from(vip, Ranges.last(range)));
            sink.take(ServiceSet.ALLOWED, element.withComment(comment));
        }
    }

    private void hairpin() {
        for (Endpoint endpoint : port.endpoints().reachable()) {
            if (endpoint.local()) {
                key.clear().address(endpoint.address()).address(endpoint.address());
                key.protocol(protocol).port(endpoint.port());
                sink.take(ServiceSet.HAIRPIN, key, null, NO_COMMENT);
            }
        }
    }

    private void portal(IpAddress address) {
        key.clear().address(address).protocol(protocol).port(service.port());
    }

    private Words from(IpAddress vip, IpAddress client) {
        return new Words.Builder()
                .address(vip)
                .protocol(protocol)
                .port(service.port())
                .address(client)
                .build();
    }
}
