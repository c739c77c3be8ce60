package dev.sluice.ipvs;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteService;
import dev.sluice.linux.ipvs.IpvsCommand.NewService;
import dev.sluice.linux.ipvs.ServiceKey;
import dev.sluice.linux.route.Links;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Carries one difference between what is wanted and what is in force into the kernel, in an order that never shows a
 * Service half made: set elements, virtual servers with their destinations, then the addresses; and backwards for what
 * goes. What the kernel refuses is charged to its service port and kept in {@link #unfinished()}; the rest goes on.
 */
final class Applier {
    private static final Comparator<Member> BY_SET = Comparator.comparing(Member::set);

    private final IpFamily family;
    private final Ipvs ipvs;
    private final IpSets sets;
    private final DummyDevice dummy;
    private final DesiredState desired;
    private final InForce inForce;
    private final Problems problems;
    private final Touched touched;
    private final Touched unfinished = new Touched();
    private KernelCost cost = KernelCost.NONE;
    private boolean surprised;
    private @Nullable Owners owners;

    Applier(
            IpFamily family,
            Ipvs ipvs,
            IpSets sets,
            DummyDevice dummy,
            DesiredState desired,
            InForce inForce,
            Problems problems,
            Touched touched) {
        this.family = family;
        this.ipvs = ipvs;
        this.sets = sets;
        this.dummy = dummy;
        this.desired = desired;
        this.inForce = inForce;
        this.problems = problems;
        this.touched = touched;
    }

    /** Fills the sets: what the fixed rules need to know before any packet meets a new virtual server. */
    void addMembers() throws NetlinkException {
        List<Member> missing = touched.members().stream()
                .filter(m -> desired.wants(m) && !inForce.has(m))
                .sorted(BY_SET)
                .toList();
        changeMembers(missing, true);
    }

    /** Makes what is wanted live, then takes down what is not. */
    void serveAndRetire() throws NetlinkException {
        serve();
        bindAddresses();
        unbindAddresses();
        retire();
        List<Member> stale = touched.members().stream()
                .filter(m -> !desired.wants(m) && inForce.has(m))
                .sorted(BY_SET.reversed())
                .toList();
        changeMembers(stale, false);
    }

    KernelCost cost() {
        return cost;
    }

    /** Whether the kernel's state was not what we held it to be, so that it must be read anew. */
    boolean surprised() {
        return surprised;
    }

    /** What the next sync must look at again. */
    Touched unfinished() {
        return unfinished;
    }

    private void changeMembers(List<Member> members, boolean add) throws NetlinkException {
        if (members.isEmpty()) {
            return;
        }
        List<SetChange> batch = members.stream()
                .map(m -> new SetChange(m.set().in(family), m.entry(), add))
                .toList();
        IpSets.SetResult result = sets.apply(batch);
        charge(result.messages(), result.bytes());
        Map<SetChange, NetlinkException> failed = new HashMap<>();
        result.failures().forEach(f -> failed.put(f.change(), f.error()));
        for (int i = 0; i < batch.size(); i++) {
            SetChange change = batch.get(i);
            Member member = members.get(i);
            NetlinkException error = failed.get(change);
            if (error == null) {
                inForce.carriedOut(member, change);
            } else {
                refusedMember(member, change, error);
            }
        }
    }

    private void refusedMember(Member member, SetChange change, NetlinkException error) {
        surprised |= error.notFound();
        unfinished.members().add(member);
        if (!change.add()) {
            problems.leftOver("IP set " + change.set().name(), error);
            return;
        }
        owners().members()
                .getOrDefault(member, List.of())
                .forEach(name -> refused(
                        name,
                        "element " + member.entry() + " of IP set "
                                + change.set().name(),
                        error));
    }

    private void serve() throws NetlinkException {
        List<IpvsCommand> commands = new ArrayList<>();
        for (ServiceKey key : touched.servers()) {
            PlannedServer want = desired.server(key);
            if (want == null) {
                continue;
            }
            InForce.Server have = inForce.server(key);
            if (have == null && blocked(desired.owner(key))) {
                unfinished.servers().add(key);
                continue;
            }
            commands.addAll(ServerDelta.between(have, want));
        }
        send(commands);
    }

    private void retire() throws NetlinkException {
        List<IpvsCommand> commands = new ArrayList<>();
        for (ServiceKey key : touched.servers()) {
            if (desired.server(key) == null && inForce.server(key) != null) {
                commands.add(new DeleteService(key));
            }
        }
        send(commands);
    }

    private void send(List<IpvsCommand> commands) throws NetlinkException {
        if (commands.isEmpty()) {
            return;
        }
        Ipvs.BatchResult result = ipvs.apply(commands);
        charge(result.messages(), result.bytes());
        Map<IpvsCommand, NetlinkException> failed = new HashMap<>();
        result.failures().forEach(f -> failed.put(f.command(), f.error()));
        Set<ServiceKey> absent = new HashSet<>();
        for (IpvsCommand command : commands) {
            NetlinkException error = failed.get(command);
            if (error != null) {
                refusedCommand(command, error, absent);
            } else if (!absent.contains(command.service())) {
                inForce.carriedOut(command);
            }
        }
    }

    private void refusedCommand(IpvsCommand command, NetlinkException error, Set<ServiceKey> absent) {
        ServiceKey key = command.service();
        unfinished.servers().add(key);
        if (command instanceof NewService) {
            absent.add(key);
        }
        // ENOENT to a new service means its scheduler, which no reading anew will bring
        surprised |= error.alreadyExists()
                || (error.notFound() && !(command instanceof NewService) && !absent.contains(key));
        ServicePortName owner = desired.owner(key);
        if (owner != null) {
            refused(owner, command.toString(), error);
        } else if (error.notFound()) {
            inForce.carriedOut(command);
        } else {
            problems.leftOver("virtual server " + key, error);
        }
    }

    private void bindAddresses() throws NetlinkException {
        List<IpAddress> missing = touched.addresses().stream()
                .filter(a -> desired.wants(a) && !inForce.addresses().contains(a))
                .filter(this::whole)
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        Map<IpAddress, NetlinkException> failed = outcome(dummy.bind(missing));
        for (IpAddress address : missing) {
            NetlinkException error = failed.get(address);
            if (error == null) {
                inForce.addresses().add(address);
            } else {
                surprised |= error.notFound();
                unfinished.addresses().add(address);
                wanting(address)
                        .forEach(name -> refused(name, "address " + address + " on " + DummyDevice.NAME, error));
            }
        }
    }

    /** An address goes live only when there is a port that wants it and has all that it needs. */
    private boolean whole(IpAddress address) {
        boolean whole = problems.isEmpty() || wanting(address).stream().anyMatch(name -> !blocked(name));
        if (!whole) {
            unfinished.addresses().add(address);
        }
        return whole;
    }

    private List<ServicePortName> wanting(IpAddress address) {
        return owners().addresses().getOrDefault(address, List.of());
    }

    private Owners owners() {
        if (owners == null) {
            owners = Owners.of(touched.ports(), desired);
        }
        return owners;
    }

    private void unbindAddresses() throws NetlinkException {
        List<IpAddress> stale = touched.addresses().stream()
                .filter(a -> !desired.wants(a) && inForce.addresses().contains(a))
                .toList();
        if (stale.isEmpty()) {
            return;
        }
        Map<IpAddress, NetlinkException> failed = outcome(dummy.unbind(stale));
        for (IpAddress address : stale) {
            NetlinkException error = failed.get(address);
            if (error == null || error.notFound()) {
                inForce.addresses().remove(address);
            } else {
                unfinished.addresses().add(address);
                problems.leftOver("address " + address + " on " + DummyDevice.NAME, error);
            }
        }
    }

    private Map<IpAddress, NetlinkException> outcome(Links.AddressResult result) {
        charge(result.messages(), result.bytes());
        Map<IpAddress, NetlinkException> failed = new HashMap<>();
        result.failures().forEach(f -> failed.put(f.address(), f.error()));
        return failed;
    }

    private boolean blocked(@Nullable ServicePortName name) {
        return name != null && problems.has(name);
    }

    private void refused(ServicePortName name, String what, NetlinkException error) {
        unfinished.ports().add(name);
        problems.refused(name, what, error);
    }

    void charge(KernelCost more) {
        cost = cost.plus(more);
    }

    private void charge(long messages, long bytes) {
        charge(new KernelCost(messages, bytes));
    }
}
