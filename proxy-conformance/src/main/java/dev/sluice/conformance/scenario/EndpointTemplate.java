// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint of a scenario: a Pod of the lab and its conditions.
 *
 * @param pod the Pod, or {@code blackhole} for an address that drops packets
 * @param ready null leaves the condition out, as for the other two
 * @param target the UID of the Pod behind it, empty when the slice names none
 */
public record EndpointTemplate(
        String pod,
        @Nullable Boolean ready,
        @Nullable Boolean serving,
        @Nullable Boolean terminating,
        List<String> zoneHints,
        List<String> nodeHints,
        boolean secondAddress,
        String target) {

    /** The address that drops packets. */
    public static final String BLACK_HOLE = "blackhole";

    private static final String CROWD = "crowd-";

    /** A ready endpoint at one of the many addresses of Pod b5, see {@link LabAddresses#crowd}. */
    public static EndpointTemplate crowd(int number) {
        return endpoint(CROWD + number);
    }

    /** A ready endpoint. */
    public static EndpointTemplate endpoint(String pod) {
        return new EndpointTemplate(pod, true, null, null, List.of(), List.of(), false, "");
    }

    public EndpointTemplate conditions(
            @Nullable Boolean isReady, @Nullable Boolean isServing, @Nullable Boolean isTerminating) {
        return new EndpointTemplate(
                pod, isReady, isServing, isTerminating, zoneHints, nodeHints, secondAddress, target);
    }

    public EndpointTemplate notReady() {
        return conditions(false, null, null);
    }

    /** This endpoint, not ready, serving and terminating. */
    public EndpointTemplate servingTerminating() {
        return conditions(false, true, true);
    }

    public EndpointTemplate zones(String... zones) {
        return new EndpointTemplate(pod, ready, serving, terminating, List.of(zones), nodeHints, secondAddress, target);
    }

    public EndpointTemplate nodes(String... nodes) {
        return new EndpointTemplate(pod, ready, serving, terminating, zoneHints, List.of(nodes), secondAddress, target);
    }

    /** This endpoint, of the Pod with that UID. */
    public EndpointTemplate of(String uid) {
        return new EndpointTemplate(pod, ready, serving, terminating, zoneHints, nodeHints, secondAddress, uid);
    }

    /** This endpoint with a second address in the list, that of a Pod which must never be reached. */
    public EndpointTemplate withSecondAddress() {
        return new EndpointTemplate(pod, ready, serving, terminating, zoneHints, nodeHints, true, target);
    }

    IpAddress address(IpFamily family) {
        if (pod.startsWith(CROWD)) {
            return LabAddresses.crowd(Integer.parseInt(pod.substring(CROWD.length())), family);
        }
        return pod.equals(BLACK_HOLE) ? LabAddresses.blackHole(family) : LabAddresses.of(pod, family);
    }

    String yaml(IpFamily family) {
        StringBuilder s = new StringBuilder("- addresses: [\"").append(address(family));
        if (secondAddress) {
            s.append("\", \"").append(LabAddresses.of("b5", family));
        }
        s.append("\"]\n  nodeName: ").append(LabAddresses.nodeOf(pod)).append("\n  conditions: {");
        s.append(Stream.of(
                        condition("ready", ready), condition("serving", serving), condition("terminating", terminating))
                .filter(c -> !c.isEmpty())
                .collect(Collectors.joining(", ")));
        s.append("}\n");
        if (!target.isEmpty()) {
            s.append("  targetRef: {kind: Pod, name: ").append(target);
            s.append(", uid: ").append(target).append("}\n");
        }
        if (!zoneHints.isEmpty() || !nodeHints.isEmpty()) {
            s.append("  hints: {").append(hints("forZones", zoneHints));
            s.append(zoneHints.isEmpty() || nodeHints.isEmpty() ? "" : ", ");
            s.append(hints("forNodes", nodeHints)).append("}\n");
        }
        return s.toString();
    }

    private static String condition(String name, @Nullable Boolean value) {
        return value == null ? "" : name + ": " + value;
    }

    private static String hints(String kind, List<String> names) {
        return names.isEmpty()
                ? ""
                : kind + ": [" + names.stream().map(n -> "{name: " + n + "}").collect(Collectors.joining(", ")) + "]";
    }
}
