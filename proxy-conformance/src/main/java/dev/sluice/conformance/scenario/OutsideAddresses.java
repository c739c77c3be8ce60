// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The external IPs and the load balancer's addresses of a {@link ServiceTemplate}. */
final class OutsideAddresses {
    private final List<String> literalExternalIps = new ArrayList<>();
    private final List<String> ingressOf = new ArrayList<>();
    private final List<String> literalIngress = new ArrayList<>();
    private String owner;
    private boolean external;
    private @Nullable String ingress;
    private boolean otherFamily;
    private boolean hostname;

    /** @param owner the name of the Service whose allotted address is used */
    OutsideAddresses(String owner) {
        this.owner = owner;
    }

    void of(String service) {
        owner = service;
    }

    void externalIp() {
        external = true;
    }

    void literalExternalIps(String... literals) {
        literalExternalIps.addAll(List.of(literals));
    }

    /** @param more what follows the address in its entry, e.g. {@code , ipMode: Proxy} */
    void ingress(String more) {
        ingress = more;
    }

    void noIngress() {
        ingress = null;
    }

    void moreIngress(String service) {
        ingressOf.add(service);
    }

    void literalIngress(String... literals) {
        literalIngress.addAll(List.of(literals));
    }

    void otherFamily() {
        otherFamily = true;
    }

    void hostname() {
        hostname = true;
    }

    /** The field of {@code spec}; empty without external IPs. */
    String externalIps(Allotment allotment, List<IpFamily> families) {
        List<String> all = new ArrayList<>(literalExternalIps);
        if (external) {
            families.forEach(f -> all.add(allotment.outsideIp(owner, f).toString()));
        }
        return all.isEmpty()
                ? ""
                : all.stream().map(a -> "\"" + a + "\"").collect(Collectors.joining(", ", "  externalIPs: [", "]\n"));
    }

    /** The status of the Service; empty without an address or hostname. */
    String status(Allotment allotment, List<IpFamily> families) {
        List<String> entries = new ArrayList<>();
        if (ingress != null) {
            List<String> names = new ArrayList<>(ingressOf);
            names.addFirst(owner);
            List<IpFamily> of = otherFamily ? List.of(IpFamily.values()) : families;
            names.forEach(
                    n -> of.forEach(f -> entries.add("{ip: \"" + allotment.outsideIp(n, f) + "\"" + ingress + "}")));
        }
        literalIngress.forEach(ip -> entries.add("{ip: \"" + ip + "\"}"));
        if (hostname) {
            entries.add("{hostname: lb.example.org}");
        }
        return entries.isEmpty()
                ? ""
                : entries.stream()
                        .map(e -> "    - " + e + "\n")
                        .collect(Collectors.joining("", "status:\n  loadBalancer:\n    ingress:\n", ""));
    }
}
