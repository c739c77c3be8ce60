// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.daemon.config.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The pages by which a kube-proxy of this network namespace shows itself: its health, by its keys, and its mode.
 *
 * @param health where its health server may listen
 * @param metrics where its metrics server may listen
 */
public record KubeProxyPages(Set<InetSocketAddress> health, Set<InetSocketAddress> metrics) {
    private static final int HEALTH_PORT = 10256;
    private static final int METRICS_PORT = 10249;
    private static final int PATIENCE_MILLIS = 1000;
    /** kube-proxy's page of metrics has some 100 KiB. */
    private static final int LONGEST = 1 << 20;

    private static final Set<String> MODES =
            Arrays.stream(ProxyMode.values()).map(ProxyMode::flagValue).collect(Collectors.toUnmodifiableSet());

    /** Its default ports and those of {@code settings}, which a kube-proxy with the same configuration has. */
    public static KubeProxyPages of(Settings settings) {
        return new KubeProxyPages(
                places(HEALTH_PORT, settings.healthz().stream().toList()),
                places(METRICS_PORT, List.of(settings.metrics())));
    }

    private static Set<InetSocketAddress> places(int port, List<InetSocketAddress> configured) {
        Set<InetSocketAddress> places = new LinkedHashSet<>(loopback(port));
        for (InetSocketAddress address : configured) {
            if (address.getAddress().isAnyLocalAddress()) {
                places.addAll(loopback(address.getPort()));
            } else {
                places.add(address);
            }
        }
        return places;
    }

    private static List<InetSocketAddress> loopback(int port) {
        return List.of(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port),
                new InetSocketAddress(InetAddress.ofLiteral("::1"), port));
    }

    /** The page that shows one, for a message. */
    Optional<String> find() {
        return first(health, "/healthz", KubeProxyPages::isHealth)
                .or(() -> first(metrics, "/proxyMode", body -> MODES.contains(body.strip())));
    }

    /** What the metrics server says; empty where none of kube-proxy's answers. */
    Optional<KubeProxySync> sync() {
        for (InetSocketAddress place : metrics) {
            String mode = body(place, "/proxyMode").strip();
            if (MODES.contains(mode)) {
                return Optional.of(KubeProxySync.of(mode, body(place, "/metrics")));
            }
        }
        return Optional.empty();
    }

    /** The page of a Sluice that waits has the same keys, and {@link WaitingPages#KEY}. */
    private static boolean isHealth(String body) {
        return body.contains("\"lastUpdated\"")
                && body.contains("\"currentTime\"")
                && !body.contains("\"" + WaitingPages.KEY + "\"");
    }

    private interface Recognition {
        boolean fits(String body);
    }

    private static Optional<String> first(Set<InetSocketAddress> places, String path, Recognition recognition) {
        return places.stream()
                .filter(place -> recognition.fits(body(place, path)))
                .map(place -> place.getAddress().getHostAddress() + " port " + place.getPort() + " answers " + path
                        + " as it does")
                .findFirst();
    }

    /** The body of any answer, cut at limits of length and time; empty when there is none. */
    private static String body(InetSocketAddress place, String path) {
        try (Socket socket = new Socket()) {
            socket.connect(place, PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(("GET " + path + " HTTP/1.0\r\n\r\n").getBytes(ISO_8859_1));
            String answer = read(socket.getInputStream());
            int end = answer.indexOf("\r\n\r\n");
            return end < 0 || !answer.startsWith("HTTP/1.") ? "" : answer.substring(end + 4);
        } catch (IOException e) {
            return "";
        }
    }

    private static String read(InputStream input) throws IOException {
        long deadline = System.nanoTime() + 2L * PATIENCE_MILLIS * 1_000_000;
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        byte[] part = new byte[4096];
        int length = input.read(part);
        while (length > 0 && answer.size() < LONGEST && System.nanoTime() - deadline < 0) {
            answer.write(part, 0, length);
            length = input.read(part);
        }
        return answer.toString(ISO_8859_1);
    }
}
