// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Objects with every field set, with none, and with any. */
final class Samples {
    static final SnapshotOwner OWNER = new SnapshotOwner("https://192.0.2.1:6443/", "ab12", "node-a");
    static final SnapshotHeader HEADER =
            new SnapshotHeader("0.2.0", Instant.parse("2026-01-02T03:04:05.678Z"), OWNER, true);

    static final ServiceObject SERVICE = new ServiceObject(
            new ServiceObject.Metadata(
                    new ServiceName("shop", "web"), 1_767_323_045_000L, Map.of(), Map.of("sluice.dev/x", "y")),
            "LoadBalancer",
            new ServiceObject.Addresses(
                    "10.96.0.50",
                    List.of("10.96.0.50", "fd00:96::50"),
                    List.of("IPv4", "IPv6"),
                    List.of("198.51.100.1")),
            List.of(new ServiceObject.Port("http", "TCP", 80, 30_080), new ServiceObject.Port("dns", "UDP", 53, 0)),
            new ServiceObject.Policies("Local", "Cluster"),
            new ServiceObject.Affinity("ClientIP", 60),
            new ServiceObject.LoadBalancer(
                    List.of(
                            new ServiceObject.Ingress("203.0.113.10", "", "VIP"),
                            new ServiceObject.Ingress("", "lb.example", "")),
                    List.of("192.0.2.0/24"),
                    30_100));

    static final EndpointSliceObject SLICE = new EndpointSliceObject(
            "shop",
            "web-1",
            "IPv4",
            List.of(new EndpointSliceObject.Port("http", "TCP", 8080), new EndpointSliceObject.Port("", null, null)),
            List.of(
                    new EndpointSliceObject.Address(
                            List.of("10.0.0.1"), true, false, null, "node-a", List.of("z1", "z2"), List.of("n"), "uid"),
                    new EndpointSliceObject.Address(
                            List.of("10.0.0.2"), null, null, true, null, List.of(), List.of(), "")),
            Map.of("kubernetes.io/service-name", "web"),
            Map.of("sluice.dev/a", "1", "sluice.dev/b", "2"));

    static final NodeObject NODE = new NodeObject(
            "node-a",
            "z1",
            List.of("192.0.2.7", "2001:db8::7"),
            List.of("203.0.113.7"),
            List.of("10.244.1.0/24"),
            List.of("ToBeDeletedByClusterAutoscaler"),
            true);

    static final ClusterEvent.PeerAddresses PEER =
            new ClusterEvent.PeerAddresses("node-b", List.of("192.0.2.8", "2001:db8::8"));

    static final ClusterEvent.ServiceRanges RANGES =
            new ClusterEvent.ServiceRanges("kubernetes", List.of("10.96.0.0/12", "fd00:96::/112"));

    private final Random random;

    Samples(long seed) {
        random = new Random(seed);
    }

    static List<byte[]> lines() {
        return Stream.of(
                        ObjectLine.of(SERVICE),
                        ObjectLine.of(SLICE),
                        ObjectLine.of(NODE),
                        ObjectLine.of(PEER),
                        ObjectLine.of(RANGES))
                .map(ObjectLine::text)
                .toList();
    }

    ServiceObject service() {
        return new ServiceObject(
                new ServiceObject.Metadata(
                        new ServiceName(text(), text()), random.nextInt(3) * 86_400_123L, map("x"), map("sluice.dev/")),
                text(),
                new ServiceObject.Addresses(text(), texts(), texts(), texts()),
                list(() -> new ServiceObject.Port(text(), text(), random.nextInt(3) * 80, random.nextInt(-1, 70_000))),
                new ServiceObject.Policies(text(), text()),
                new ServiceObject.Affinity(text(), maybe(random.nextInt())),
                new ServiceObject.LoadBalancer(
                        list(() -> new ServiceObject.Ingress(text(), text(), text())), texts(), random.nextInt(3)));
    }

    EndpointSliceObject slice() {
        return new EndpointSliceObject(
                text(),
                text(),
                text(),
                list(() -> new EndpointSliceObject.Port(maybe(text()), maybe(text()), maybe(random.nextInt()))),
                list(() -> new EndpointSliceObject.Address(
                        texts(),
                        maybe(random.nextBoolean()),
                        maybe(random.nextBoolean()),
                        maybe(random.nextBoolean()),
                        maybe(text()),
                        texts(),
                        texts(),
                        text())),
                map("x"),
                map("sluice.dev/"));
    }

    NodeObject node() {
        return new NodeObject(text(), text(), texts(), texts(), texts(), texts(), random.nextBoolean());
    }

    private String text() {
        List<String> odd = List.of("", "a", "web", "\u00e4\n\"\\", "\u2028 \u0000", "{\"kind\":", "\ud83d\ude00");
        return odd.get(random.nextInt(odd.size()));
    }

    private List<String> texts() {
        return list(this::text);
    }

    private <T> List<T> list(Supplier<T> item) {
        return Stream.generate(item).limit(random.nextInt(3)).toList();
    }

    private <T> @Nullable T maybe(T value) {
        return random.nextBoolean() ? value : null;
    }

    /** With keys that the readers keep. */
    private Map<String, String> map(String prefix) {
        if (prefix.equals("x")) {
            return random.nextBoolean() ? Map.of() : Map.of("kubernetes.io/service-name", text());
        }
        return random.nextBoolean() ? Map.of() : Map.of(prefix + "b", text(), prefix + "a", text());
    }
}
