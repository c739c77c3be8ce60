package dev.sluice.testkit.rollout;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The Service that is rolled out, in both families, as manifests. */
final class RolledService {
    static final int PORT = 80;
    private static final int TARGET = 8080;

    private RolledService() {}

    static IpAddress address(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.77.1" : "fd00:96::77:1");
    }

    /**
     * The Service and its slices.
     *
     * @param leaving Pods that still serve and are terminating
     */
    static String yaml(Collection<String> ready, Collection<String> leaving, long drainSeconds) {
        return """
                ---
                apiVersion: v1
                kind: Service
                metadata:
                  namespace: rollout
                  name: web
                  annotations: {sluice.dev/ipvs-drain-timeout: %1$ds}
                spec:
                  clusterIP: "%2$s"
                  clusterIPs: ["%2$s", "%3$s"]
                  ipFamilies: [IPv4, IPv6]
                  ipFamilyPolicy: RequireDualStack
                  ports: [{protocol: TCP, port: %4$d, targetPort: %5$d}]
                """.formatted(drainSeconds, address(IpFamily.IPV4), address(IpFamily.IPV6), PORT, TARGET)
                + slice(IpFamily.IPV4, ready, leaving)
                + slice(IpFamily.IPV6, ready, leaving);
    }

    private static String slice(IpFamily family, Collection<String> ready, Collection<String> leaving) {
        return """
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {namespace: rollout, name: web-%1$s, labels: {kubernetes.io/service-name: web}}
                addressType: %2$s
                ports: [{protocol: TCP, port: %3$d}]
                endpoints: [%4$s]
                """.formatted(
                        family == IpFamily.IPV4 ? "v4" : "v6",
                        family.label(),
                        TARGET,
                        Stream.concat(
                                        ready.stream().map(pod -> endpoint(pod, family, "ready: true")),
                                        leaving.stream()
                                                .map(pod -> endpoint(
                                                        pod, family, "ready: false, serving: true, terminating: true")))
                                .collect(Collectors.joining(", ")));
    }

    private static String endpoint(String pod, IpFamily family, String conditions) {
        return "{addresses: [\"" + LabAddresses.of(pod, family) + "\"], conditions: {" + conditions + "}}";
    }
}
