// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method of ProxyBackend, also a future one, with or without a default, must reach the wrapped backend. */
class ForwardingBackendTest {
    private static final IpAddress ADDRESS = IpAddress.of("10.0.0.1");

    private static final Map<Class<?>, Object> SAMPLES = Map.of(
            boolean.class,
            true,
            ProxyMode.class,
            ProxyMode.IPVS,
            IpFamily.class,
            IpFamily.IPV6,
            Changes.class,
            Changes.all(),
            Suspects.class,
            Suspects.all(),
            SyncReport.class,
            new SyncReport(true, KernelCost.NONE, List.of(), Map.of()),
            Optional.class,
            Optional.of(Duration.ofSeconds(7)),
            KernelObject.class,
            new KernelObject("nat", "OUTPUT"),
            Trace.class,
            Trace.notAService(List.of()),
            Packet.class,
            new Packet(Protocol.TCP, ADDRESS, 1, ADDRESS, 80, Packet.Origin.NODE, ""));

    private record Snapshot() implements ProxySnapshot {
        @Override
        public IpFamily family() {
            return IpFamily.IPV6;
        }

        @Override
        public NodeFacts node() {
            return NodeFacts.unknown("node-a");
        }

        @Override
        public Collection<ResolvedPort> ports() {
            return List.of();
        }

        @Override
        public @Nullable ResolvedPort port(ServicePortName name) {
            return null;
        }

        @Override
        public int endpointCount() {
            return 0;
        }
    }

    static Stream<Method> methods() {
        return Arrays.stream(ProxyBackend.class.getMethods());
    }

    @ParameterizedTest
    @MethodSource("methods")
    void everyMethodIsForwarded(Method method) throws ReflectiveOperationException {
        List<List<Object>> calls = new ArrayList<>();
        ProxyBackend behind = (ProxyBackend) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ProxyBackend.class}, (proxy, called, arguments) -> {
                    calls.add(List.of(called, arguments == null ? List.of() : List.of(arguments)));
                    return sample(called.getReturnType());
                });
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(ForwardingBackendTest::sample)
                .toArray();

        Object answer = method.invoke(new ForwardingBackend(behind) {}, arguments);

        assertThat(calls).containsExactly(List.of(method, List.of(arguments)));
        assertThat(answer).isEqualTo(sample(method.getReturnType()));
    }

    private static @Nullable Object sample(Class<?> type) {
        if (type == void.class) {
            return null;
        }
        if (type == IpAddress.class) {
            return ADDRESS;
        }
        return type == ProxySnapshot.class ? new Snapshot() : SAMPLES.get(type);
    }
}
