// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.rules.ServiceRules;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The plans of all service ports put together. Set elements and addresses are counted, because several ports share
 * them. A virtual server that two ports need belongs to the one whose name sorts first, whatever the order of their
 * plans.
 */
public final class DesiredObjects {
    private final Map<ServicePortName, PortPlan> plans = new HashMap<>();
    private final Map<VirtualServerKey, Claim> servers = new ConcurrentHashMap<>();
    private final Map<VirtualServerKey, NavigableMap<ServicePortName, DesiredServer>> contested = new HashMap<>();
    private final Map<SetMember, Integer> members = new HashMap<>();
    private final Map<IpAddress, Integer> addresses = new HashMap<>();
    private final Map<ServicePortName, ServiceRules> rules = new TreeMap<>();
    private final Map<VirtualServerKey, ServicePortName> translated = new HashMap<>();
    private final Map<ServicePortName, List<Problem>> ignored = new TreeMap<>();

    private record Claim(ServicePortName owner, DesiredServer server) {}

    /** Replaces the plan of {@code name}, or removes it, and adds to {@code scope} what that may change. */
    public void put(ServicePortName name, @Nullable PortPlan plan, SyncScope scope) {
        scope.ports().add(name);
        PortPlan old = plan == null ? plans.remove(name) : plans.put(name, plan);
        if (plan != null && plan.equals(old)) {
            return;
        }
        ignored.remove(name);
        replaceRules(name, plan == null ? ServiceRules.NONE : plan.rules());
        if (plan != null && !plan.problems().isEmpty()) {
            ignored.put(name, plan.problems());
        }
        if (old != null) {
            scope.add(old);
            old.servers().forEach(s -> release(name, s.key()));
            old.members().forEach(m -> members.merge(m, -1, DesiredObjects::sumOrGone));
            old.addresses().forEach(a -> addresses.merge(a, -1, DesiredObjects::sumOrGone));
        }
        if (plan != null) {
            scope.add(plan);
            plan.servers().forEach(s -> claim(name, s));
            plan.members().forEach(m -> members.merge(m, 1, DesiredObjects::sumOrGone));
            plan.addresses().forEach(a -> addresses.merge(a, 1, DesiredObjects::sumOrGone));
        }
    }

    /** Takes the virtual servers {@code foreign} out of all plans. */
    public void giveUp(Set<VirtualServerKey> foreign, SyncScope scope) {
        if (!foreign.isEmpty()) {
            Map.copyOf(plans).forEach((name, plan) -> put(name, plan.without(foreign, name), scope));
        }
    }

    private void replaceRules(ServicePortName name, ServiceRules now) {
        ServiceRules before = now.equals(ServiceRules.NONE) ? rules.remove(name) : rules.put(name, now);
        if (before != null) {
            before.translated().forEach(key -> translated.remove(key, name));
        }
        now.translated().forEach(key -> translated.put(key, name));
    }

    private static @Nullable Integer sumOrGone(Integer count, Integer more) {
        int sum = count + more;
        return sum == 0 ? null : sum;
    }

    private void claim(ServicePortName name, DesiredServer server) {
        Claim holder = servers.putIfAbsent(server.key(), new Claim(name, server));
        if (holder != null) {
            NavigableMap<ServicePortName, DesiredServer> rivals =
                    contested.computeIfAbsent(server.key(), key -> new TreeMap<>());
            rivals.put(holder.owner(), holder.server());
            rivals.put(name, server);
            giveToFirst(server.key(), rivals);
        }
    }

    private void release(ServicePortName name, VirtualServerKey key) {
        NavigableMap<ServicePortName, DesiredServer> rivals = contested.get(key);
        if (rivals == null) {
            servers.remove(key);
            return;
        }
        rivals.remove(name);
        giveToFirst(key, rivals);
        if (rivals.size() == 1) {
            contested.remove(key);
        }
    }

    private void giveToFirst(VirtualServerKey key, NavigableMap<ServicePortName, DesiredServer> rivals) {
        var first = rivals.firstEntry();
        servers.put(key, new Claim(first.getKey(), first.getValue()));
    }

    @Nullable
    public DesiredServer server(VirtualServerKey key) {
        Claim claim = servers.get(key);
        return claim == null ? null : claim.server();
    }

    @Nullable
    public ServicePortName owner(VirtualServerKey key) {
        Claim claim = servers.get(key);
        return claim == null ? null : claim.owner();
    }

    /** The service port that is served at {@code key}, by a virtual server or without being bound. */
    @Nullable
    public ServicePortName portAt(VirtualServerKey key) {
        ServicePortName owner = owner(key);
        return owner == null ? translated.get(key) : owner;
    }

    /** The virtual servers with their owners. The only method for other threads than the one that changes the plans. */
    public void forEachServer(BiConsumer<VirtualServerKey, ServicePortName> each) {
        servers.forEach((key, claim) -> each.accept(key, claim.owner()));
    }

    public boolean has(SetMember member) {
        return members.containsKey(member);
    }

    public boolean has(IpAddress address) {
        return addresses.containsKey(address);
    }

    @Nullable
    public PortPlan plan(ServicePortName name) {
        return plans.get(name);
    }

    /** The rules that lead to virtual servers that their ports got, in the order of the ports' names. */
    public ServiceRules serviceRules() {
        Set<VirtualServerKey> unled = new HashSet<>();
        rules.values().forEach(each -> {
            unled.addAll(each.unled());
            each.unbound().stream()
                    .filter(u -> !u.service().equals(owner(u.to())))
                    .forEach(u -> unled.add(u.from()));
        });
        return new ServiceRules(
                rules.values().stream()
                        .flatMap(each -> each.shortCircuits().stream())
                        .filter(s -> s.service().equals(portAt(s.from()))
                                && s.service().equals(owner(s.to())))
                        .toList(),
                rules.values().stream()
                        .flatMap(each -> each.unbound().stream())
                        .filter(u -> u.service().equals(owner(u.to())))
                        .toList(),
                unled);
    }

    public Set<ServicePortName> ports() {
        return plans.keySet();
    }

    Set<VirtualServerKey> serverKeys() {
        return servers.keySet();
    }

    Collection<SetMember> members() {
        return members.keySet();
    }

    Set<IpAddress> addresses() {
        return addresses.keySet();
    }

    /** What plans ignore, and one problem for each port that needs a virtual server which another port has. */
    public List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        ignored.values().forEach(problems::addAll);
        problems.addAll(conflicts());
        return problems.stream().distinct().toList(); // the ports of a Service share its addresses
    }

    private SortedSet<Problem> conflicts() {
        SortedSet<Problem> conflicts = new TreeSet<>();
        contested.forEach((key, rivals) -> {
            ServicePortName owner = rivals.firstKey();
            rivals.tailMap(owner, false)
                    .keySet()
                    .forEach(loser -> conflicts.add(Problem.ignored(
                            ObjectRef.service(loser.service()),
                            PortPlan.field(loser),
                            key + " belongs to Service " + owner
                                    + " already; give one of the two another address or port")));
        });
        return conflicts;
    }
}
