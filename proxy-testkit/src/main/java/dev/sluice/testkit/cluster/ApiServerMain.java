// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.cluster;

import com.sun.net.httpserver.HttpExchange;
import dev.sluice.testkit.api.ApiFault;
import dev.sluice.testkit.api.ApiManifests;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.api.Http2Front;
import dev.sluice.testkit.api.TlsIdentity;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.model.ManyServices;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * An API server over TLS and HTTP/2, as a process of its own, so that a proxy's figures are the proxy's. Arguments: its
 * address, a folder, the number of Services, the number of lists that it answers to warm up, and files or folders with
 * manifests of more objects. It writes {@code ca.crt}, {@code token} and {@code kubeconfig} to the folder, warms up,
 * prints {@code ready BYTES}, and then obeys lines of its input: {@code change COUNT GENERATION} replaces an endpoint
 * of each of the first Services and is answered by {@code changed}. Traffic from an address to the first Service, whose
 * endpoints must be addresses of this host, is answered by {@code carried} and the number of requests that were
 * answered: {@code connect COUNT ADDRESS} makes one on each connection, {@code ask COUNT ADDRESS} many on a few; {@code
 * send COUNT ADDRESS PORTAL SERVER...} sends datagrams to a portal whose endpoints are these servers, each an address
 * and a port. It ends with its input.
 */
final class ApiServerMain {
    private static final String SLICES = "/apis/discovery.k8s.io/v1/endpointslices?resourceVersion=0";
    private static final int BOOKMARK_SECONDS = 20;
    private static final int MILLIS_BETWEEN_CHANGES = 50;
    private static final int UNPROCESSABLE = 422;
    private static final int FIRST_MANIFEST = 4;
    private static final int MOST_FAILURES = 10;
    private static final int ENDPOINT_PORT = 8080;

    private ApiServerMain() {}

    public static void main(String[] arguments) {
        int status = 1;
        try {
            serve(arguments);
            status = 0;
        } catch (IOException | GeneralSecurityException e) {
            System.err.println("the API server cannot serve: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            System.exit(status); // its listeners would keep it
        }
    }

    private static void serve(String[] arguments) throws IOException, GeneralSecurityException, InterruptedException {
        InetAddress address = InetAddress.ofLiteral(arguments[0]);
        Path folder = Path.of(arguments[1]);
        TlsIdentity identity = TlsIdentity.create(folder, "server", arguments[0]);
        FakeApi api = new FakeApi(address, 0, 1, null);
        api.misbehave(ApiServerMain::refuseListsAsWatches);
        ClusterContent content = new ClusterContent(api);
        content.put(Integer.parseInt(arguments[2]));
        for (int i = FIRST_MANIFEST; i < arguments.length; i++) {
            putManifests(api, Path.of(arguments[i]));
        }
        String plain = "http://" + arguments[0] + ":" + api.port();
        Http2Front front = new Http2Front(address, identity, plain);
        String url = "https://" + arguments[0] + ":" + front.address().getPort();
        write(folder, identity, url);
        bookmarks(api);
        System.out.println("ready " + warmUp(identity, url, Integer.parseInt(arguments[3])));
        obey(content);
    }

    private static void putManifests(FakeApi api, Path at) throws IOException {
        try (Stream<Path> files = Files.walk(at)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                ApiManifests.put(api, TextFile.read(file));
            }
        }
    }

    /** As a server of a version that has no list in form of a watch; clients then list. */
    private static boolean refuseListsAsWatches(HttpExchange exchange) throws IOException, InterruptedException {
        return exchange.getRequestURI().toString().contains("sendInitialEvents=true")
                && ApiFault.refusal(UNPROCESSABLE).answer(exchange);
    }

    private static void write(Path folder, TlsIdentity identity, String url)
            throws IOException, GeneralSecurityException {
        Files.writeString(folder.resolve("ca.crt"), identity.certificatePem());
        Files.writeString(folder.resolve("token"), "a-token-of-a-service-account");
        Files.writeString(folder.resolve("kubeconfig"), """
                apiVersion: v1
                kind: Config
                current-context: bench
                contexts:
                - {name: bench, context: {cluster: bench, user: proxy}}
                clusters:
                - {name: bench, cluster: {server: "%s", certificate-authority: ca.crt}}
                users:
                - {name: proxy, user: {tokenFile: token}}
                """.formatted(url));
    }

    private static void bookmarks(FakeApi api) {
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        var _ = clock.scheduleAtFixedRate(
                () -> {
                    api.bookmark("services");
                    api.bookmark("endpointslices");
                    api.bookmark("nodes");
                },
                BOOKMARK_SECONDS,
                BOOKMARK_SECONDS,
                TimeUnit.SECONDS);
    }

    /** Answers lists until its own code is compiled; returns the size of one. */
    private static long warmUp(TlsIdentity identity, String url, int rounds) throws IOException, InterruptedException {
        long bytes = 0;
        for (int failures = 0, i = 0; i < rounds; ) {
            try {
                bytes = list(identity, url);
                i++;
            } catch (IOException e) {
                // on a busy machine a handshake may take longer than the server waits
                if (++failures > MOST_FAILURES) {
                    throw e;
                }
            }
        }
        return bytes;
    }

    private static long list(TlsIdentity identity, String url) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(identity.server(identity.certificate()))
                .version(HttpClient.Version.HTTP_2)
                .build()) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(url + SLICES)).build();
            return client.send(request, BodyHandlers.ofByteArray()).body().length;
        }
    }

    private static void obey(ClusterContent content) throws IOException, InterruptedException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            int count = Integer.parseInt(words[1]);
            if (words[0].equals("change")) {
                for (int i = 0; i < count; i++) {
                    content.putSlice(i, Integer.parseInt(words[2]));
                    Thread.sleep(MILLIS_BETWEEN_CHANGES);
                }
                System.out.println("changed");
            } else {
                System.out.println("carried " + carry(count, words) + " of " + line);
            }
        }
    }

    private static int carry(int count, String[] words) throws IOException, InterruptedException {
        InetAddress source = InetAddress.ofLiteral(words[2]);
        InetSocketAddress service =
                new InetSocketAddress(ManyServices.clusterIp(0).toInetAddress(), ManyServices.PORT);
        return switch (words[0]) {
            case "connect" -> ShortConnections.make(count, source, service, ENDPOINT_PORT);
            case "ask" -> LastingClients.overTcp(count, source, service, ENDPOINT_PORT);
            case "send" -> {
                List<InetSocketAddress> servers =
                        Stream.of(words).skip(4).map(ApiServerMain::address).toList();
                yield LastingClients.overUdp(count, source, address(words[3]), servers);
            }
            default -> throw new IllegalArgumentException("unknown order " + words[0]);
        };
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(
                InetAddress.ofLiteral(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }
}
