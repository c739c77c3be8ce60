// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.debug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.PageServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages for debugging, over HTTP on loopback. */
class DebugPagesTest {
    private static final Instant STARTED = Instant.parse("2026-11-09T01:02:03Z");

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger level = new AtomicInteger();
    private final InetSocketAddress address;
    private final PageServer server;

    @TempDir
    Path folder;

    DebugPagesTest() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            address = new InetSocketAddress(probe.getInetAddress(), probe.getLocalPort());
        }
        StatusPages status = new StatusPages(
                Map.of("v", "2", "cleanup", "false", "config", ""),
                new StatusPages.Versions("0.9.0", "1.36.2"),
                STARTED,
                () -> STARTED.plusSeconds(90_061));
        server = new PageServer("debug", "the-flag", address)
                .page("/livez", request -> Page.text(200, "alive"))
                .page("/flagz", status::flagz);
        server.page("/statusz", request -> status.statusz(request, server::paths));
        ProfilingPages.install(server);
        server.page(LogLevelPage.PATH, new LogLevelPage(level::set)::answer);
        assertThat(server.start()).isEmpty();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"4,4", "+5,5", "-1,-1", "0,0", "2147483647,2147483647"})
    void putSetsTheLogLevel(String sent, int set) throws Exception {
        HttpResponse<String> answer = send("PUT", LogLevelPage.PATH, sent);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("successfully set klog.logging.verbosity to " + sent + "\n");
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/plain");
        assertThat(level).hasValue(set);
    }

    @ParameterizedTest
    @CsvSource({
        "x, invalid syntax",
        "'', invalid syntax",
        "4.5, invalid syntax",
        "' 4', invalid syntax",
        "2147483648, value out of range",
        "99999999999999999999999, value out of range",
    })
    void aLevelThatIsNoneIsRefusedInGosWords(String sent, String reason) throws Exception {
        HttpResponse<String> answer = send("PUT", LogLevelPage.PATH, sent);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .isEqualTo("failed set klog.logging.verbosity " + sent + ": strconv.ParseInt: parsing \"" + sent
                        + "\": " + reason + "\n");
        assertThat(level).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "DELETE"})
    void onlyPutIsTaken(String method) throws Exception {
        HttpResponse<String> answer = send(method, LogLevelPage.PATH, "4");

        assertThat(answer.statusCode()).isEqualTo(406);
        assertThat(answer.body()).isEqualTo("unsupported http method\n");
        assertThat(level).hasValue(0);
    }

    @Test
    void statuszIsThatOfKubernetes() throws Exception {
        assertThat(get("/statusz").body()).matches("""

                        sluice statusz
                        Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility \
                        guarantees and is for debugging purposes only.

                        Started: (Sun|Mon) Nov  [89] [0-9:]{8} \\S+ 2026
                        Up: 25 hr 01 min 01 sec
                        Java version: 25\\S*
                        Binary version: 0\\.9\\.0
                        Emulation version: 1\\.36
                        Paths: /debug /flagz /livez /statusz
                        """);
    }

    @Test
    void flagzHasEveryFlag() throws Exception {
        assertThat(get("/flagz").body())
                .startsWith("\nsluice flagz\nWarning: ")
                .endsWith("only.\ncleanup=false\nconfig=\nv=2\n");
    }

    @Test
    void whoNamesTheKindGetsAnObject() throws Exception {
        String flagz = "application/json;v=v1beta1;g=config.k8s.io;as=Flagz";
        HttpResponse<String> flags = getAs("/flagz", flagz);
        assertThat(flags.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(flags.body())
                .isEqualTo(
                        "{\"kind\":\"Flagz\",\"apiVersion\":\"config.k8s.io/v1beta1\",\"metadata\":{\"name\":\"sluice\"},"
                                + "\"flags\":{\"cleanup\":\"false\",\"config\":\"\",\"v\":\"2\"}}\n");
        HttpResponse<String> status = getAs("/statusz", "application/json; as=Statusz; g=config.k8s.io; v=v1alpha1");
        assertThat(status.headers().firstValue("Warning"))
                .hasValueSatisfying(text ->
                        assertThat(text).startsWith("299 - \"This version of the statusz endpoint is deprecated."));
        assertThat(status.body())
                .contains("\"apiVersion\":\"config.k8s.io/v1alpha1\"", "\"startTime\":\"2026-11-09T01:02:03Z\"")
                .contains("\"uptimeSeconds\":90061,", "\"binaryVersion\":\"0.9.0\",\"emulationVersion\":\"1.36\"")
                .contains("\"paths\":[\"/debug\",\"/flagz\",\"/livez\",\"/statusz\"]");
        assertThat(getAs("/statusz", "text/plain").body()).startsWith("\nsluice statusz\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "application/json;v=v1;g=config.k8s.io;as=Statusz",
                "application/json;v=v1beta1;g=config.k8s.io;as=Flagz",
                "application/yaml;v=v1beta1;g=config.k8s.io;as=Statusz"
            })
    void whoTakesNeitherIsToldWhatThereIs(String accepted) throws Exception {
        HttpResponse<String> answer = getAs("/statusz", accepted);

        assertThat(answer.statusCode()).isEqualTo(406);
        assertThat(answer.body()).contains("text/plain");
    }

    @Test
    void theIndexNamesPagesThatExist() throws Exception {
        HttpResponse<String> index = get("/debug/pprof/");

        assertThat(get("/debug/pprof").body()).isEqualTo(index.body());
        List<String> paths = index.body()
                .lines()
                .filter(line -> line.startsWith("/debug/"))
                .map(line -> line.split(" ", 2)[0].replaceFirst("=10", "=1"))
                .toList();
        assertThat(paths).hasSizeGreaterThan(4);
        for (String path : paths) {
            assertThat(get(path).statusCode()).as(path).isEqualTo(200);
        }
    }

    @Test
    void threadsHaveTheirStacks() throws Exception {
        assertThat(get("/debug/pprof/threads").body())
                .contains("\"sluice-debug\"", "at dev.sluice.daemon.http.HttpLoop.", "DebugPagesTest");
    }

    @Test
    void theHeapIsCountedByClass() throws Exception {
        String all = get("/debug/pprof/heap").body();
        assertThat(all)
                .contains("java.lang.String", "dev.sluice.daemon.http.PageServer")
                .containsPattern("Total +\\d+");
        assertThat(get("/debug/pprof/heap?gc=1").body()).contains("dev.sluice.daemon.http.PageServer");
    }

    @Test
    @Tag("slow")
    void aRecordingHasEventsAndIsMadeForOneClientAtATime() throws Exception {
        CompletableFuture<HttpResponse<byte[]>> first = client.sendAsync(
                request("/debug/pprof/jfr?seconds=8").build(), HttpResponse.BodyHandlers.ofByteArray());
        await().atMost(Duration.ofSeconds(60))
                .until(() -> get("/debug/pprof/threads").body().contains("FlightRecording.recorded("));
        assertThat(get("/debug/pprof/jfr?seconds=1").body()).contains("another client");
        assertThat(get("/livez").body()).isEqualTo("alive");
        assertThat(first).as("the others did not wait for it").isNotDone();

        HttpResponse<byte[]> answer = first.get(120, TimeUnit.SECONDS);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
        Path file = Files.write(folder.resolve("recorded.jfr"), answer.body());
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(events).anyMatch(event -> event.getEventType().getName().equals("jdk.JVMInformation"));
        assertThat(get("/debug/pprof/jfr?seconds=1").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "00", "31", "-1", "x", "", "100"})
    void aRecordingIsBounded(String seconds) throws Exception {
        HttpResponse<String> answer = get("/debug/pprof/jfr?seconds=" + seconds);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("from 1 to 30");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> getAs(String path, String accepted) throws Exception {
        return client.send(request(path).header("Accept", accepted).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        HttpRequest request =
                request(path).method(method, BodyPublishers.ofString(body)).build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
