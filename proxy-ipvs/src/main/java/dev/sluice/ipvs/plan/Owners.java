package dev.sluice.ipvs.plan;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.rules.SetMember;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which of some service ports want an element or an address; made only when the kernel refuses something. */
public record Owners(Map<SetMember, List<ServicePortName>> members, Map<IpAddress, List<ServicePortName>> addresses) {

    public static Owners of(Collection<ServicePortName> ports, DesiredObjects desired) {
        Owners owners = new Owners(new HashMap<>(), new HashMap<>());
        for (ServicePortName name : ports) {
            PortPlan plan = desired.plan(name);
            if (plan != null) {
                plan.members()
                        .forEach(m -> owners.members
                                .computeIfAbsent(m, key -> new ArrayList<>())
                                .add(name));
                plan.addresses()
                        .forEach(a -> owners.addresses
                                .computeIfAbsent(a, key -> new ArrayList<>())
                                .add(name));
            }
        }
        return owners;
    }
}
