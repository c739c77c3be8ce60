// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ServiceObject;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses the addresses of a Service and its source ranges, in the family of its cluster address. */
final class ServiceAddressParser {
    private ServiceAddressParser() {}

    static ServicePort.Addresses parse(ServiceObject service, IpAddress clusterIp, ProblemList problems) {
        IpFamily family = clusterIp.family();
        ServiceObject.LoadBalancer loadBalancer = service.loadBalancer();
        List<IpAddress> externalIps = externalIps(service.addresses().externalIps(), family, problems);
        List<IpAddress> vips = loadBalancerVips(loadBalancer.ingress(), family, problems);
        List<Cidr> ranges = sourceRanges(loadBalancer.sourceRanges(), family, !vips.isEmpty(), problems);
        return new ServicePort.Addresses(clusterIp, externalIps, vips, ranges);
    }

    private static List<IpAddress> externalIps(List<String> texts, IpFamily family, ProblemList problems) {
        Set<IpAddress> kept = new LinkedHashSet<>();
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            if (!text.isBlank()) {
                address("spec.externalIPs[" + i + "]", text, family, problems).ifPresent(kept::add);
            }
        }
        return List.copyOf(kept);
    }

    /**
     * The ranges of this family. A range of length 0 makes the whole list say "everybody", which is the empty list; so
     * does, as in kube-proxy, a list of which no range is of this family.
     */
    private static List<Cidr> sourceRanges(List<String> texts, IpFamily family, boolean needed, ProblemList problems) {
        Set<Cidr> kept = new LinkedHashSet<>();
        boolean others = false;
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i).trim();
            Optional<Cidr> range = Cidr.parse(text);
            if (range.isPresent()) {
                others |= range.get().family() != family;
                range.filter(r -> r.family() == family).ifPresent(kept::add);
            } else if (!text.isEmpty()) {
                problems.ignored(
                        "spec.loadBalancerSourceRanges[" + i + "]",
                        "'" + text + "' is not a range; want ADDRESS/LENGTH, e.g. 10.0.0.0/8");
            }
        }
        if (kept.isEmpty() && others && needed) {
            problems.ignored(
                    "spec.loadBalancerSourceRanges",
                    "no range is " + family + ", so everybody may use the " + family
                            + " addresses of the load balancer; add one of that family to restrict them");
        }
        return kept.stream().anyMatch(r -> r.length() == 0) ? List.of() : List.copyOf(kept);
    }

    private static List<IpAddress> loadBalancerVips(
            List<ServiceObject.Ingress> ingress, IpFamily family, ProblemList problems) {
        Set<IpAddress> kept = new LinkedHashSet<>();
        for (int i = 0; i < ingress.size(); i++) {
            ServiceObject.Ingress entry = ingress.get(i);
            boolean handledHere = entry.ipMode().isEmpty() || entry.ipMode().equals("VIP");
            if (handledHere && !entry.ip().isEmpty()) {
                address("status.loadBalancer.ingress[" + i + "].ip", entry.ip(), family, problems)
                        .ifPresent(kept::add);
            }
        }
        return List.copyOf(kept);
    }

    private static Optional<IpAddress> address(String field, String text, IpFamily family, ProblemList problems) {
        Optional<IpAddress> address = IpAddress.parse(text);
        if (address.isEmpty()) {
            problems.ignored(field, "'" + text + "' is not an IP address");
        } else if (address.get().isUnspecified()) {
            problems.ignored(field, text + " is the unspecified address, which no Service can have");
            return Optional.empty();
        }
        return address.filter(a -> a.family() == family);
    }
}
