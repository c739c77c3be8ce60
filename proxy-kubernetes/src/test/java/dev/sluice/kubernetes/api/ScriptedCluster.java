// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.sluice.kubernetes.RecordingListener;
import dev.sluice.kubernetes.api.reflector.ApiTiming;
import dev.sluice.testkit.api.ScriptedServer;
import dev.sluice.testkit.api.ScriptedServer.Received;
import dev.sluice.testkit.api.ScriptedServer.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.slf4j.LoggerFactory;

/**
 * A source that follows a server whose Services are served by a script; Nodes and EndpointSlices are empty and quiet.
 */
final class ScriptedCluster implements AutoCloseable {
    final RecordingListener recorder = new RecordingListener();
    final ScriptedServer server;
    private final ApiConnection connection;
    private final ApiServerSource source;
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final Logger log = (Logger) LoggerFactory.getLogger(ConnectionLog.class);
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            said.add(event.getFormattedMessage());
        }
    };

    private ScriptedCluster(Script all, ApiTiming timing) throws IOException, ApiConfigException {
        server = new ScriptedServer(all);
        connection =
                ApiConnection.open(new ApiOptions(null, server.url(), "sluice/test"), new ApiObserver() {}, timing);
        source = new ApiServerSource(connection, "node-a");
        appender.start();
        log.setLevel(Level.INFO);
        log.addAppender(appender);
    }

    static ScriptedCluster start(Script services) throws IOException, ApiConfigException {
        return start(services, TestTiming.FAST);
    }

    static ScriptedCluster start(Script services, ApiTiming timing) throws IOException, ApiConfigException {
        return startAll(onlyServices(services), timing);
    }

    /** The script answers requests for all resources. */
    static ScriptedCluster startAll(Script all, ApiTiming timing) throws IOException, ApiConfigException {
        ScriptedCluster cluster = new ScriptedCluster(all, timing);
        cluster.source.start(cluster.recorder);
        return cluster;
    }

    /** Serves Services otherwise from now on. */
    void follow(Script services) {
        server.follow(onlyServices(services));
    }

    private static Script onlyServices(Script services) {
        return (request, reply) -> {
            if (request.isFor("services")) {
                services.answer(request, reply);
            } else if (request.path().equals("/login")) {
                reply.raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>");
            } else if (request.isWatch()) {
                reply.stream().fallSilent();
            } else {
                reply.json(list(1));
            }
        };
    }

    /** A script that lists Services at version 10 and watches in silence. */
    static Script quiet(String... services) {
        return (request, reply) -> {
            if (request.isWatch()) {
                reply.stream().fallSilent();
            } else {
                reply.json(list(10, services));
            }
        };
    }

    /** A script that lists Services at version 20, and knows no other. */
    static Script onlyAt20(String... services) {
        return (request, reply) -> {
            if (!request.isWatch()) {
                reply.json(list(20, services));
            } else if (request.path().contains("resourceVersion=20")) {
                reply.stream().fallSilent();
            } else {
                reply.stream().chunk(event("ERROR", status(410))).endOfChunks();
            }
        };
    }

    /** A script that lists Services at version 10, and watches them by another script. */
    static Script watched(Script watch, String... services) {
        return (request, reply) -> {
            if (request.isWatch()) {
                watch.answer(request, reply);
            } else {
                reply.json(list(10, services));
            }
        };
    }

    /** The requests for Services so far. */
    List<Received> requests() {
        return server.received().stream().filter(r -> r.isFor("services")).toList();
    }

    List<Received> watches() {
        return requests().stream().filter(Received::isWatch).toList();
    }

    List<Received> lists() {
        return requests().stream().filter(r -> !r.isWatch()).toList();
    }

    List<Received> lists(String plural) {
        return server.received().stream()
                .filter(r -> r.isFor(plural) && !r.isWatch())
                .toList();
    }

    /** What the log says about Services, or about the connection. */
    List<String> said() {
        return said.stream()
                .filter(line ->
                        !line.matches(".* (list|watch) of (nodes|endpointslices) .*|.*: (nodes|endpointslices)' .*"))
                .toList();
    }

    void awaitServices(String... names) {
        soon().until(() -> recorder.isSynced() && recorder.services().keySet().equals(java.util.Set.of(names)));
    }

    static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(5));
    }

    static Duration between(Received first, Received second) {
        return Duration.ofNanos(second.nanos() - first.nanos());
    }

    static String list(long version, String... services) {
        return page(version, "", services);
    }

    static String page(long version, String token, String... services) {
        return "{\"kind\": \"ServiceList\", \"apiVersion\": \"v1\", \"metadata\": {\"resourceVersion\": \"" + version
                + "\", \"continue\": \"" + token + "\"}, \"items\": [" + String.join(",", services) + "]}";
    }

    static String service(String name, long version) {
        return String.format(
                Locale.ROOT,
                "{\"metadata\": {\"name\": \"%s\", \"namespace\": \"shop\", \"resourceVersion\": \"%d\"},"
                        + " \"spec\": {\"type\": \"ClusterIP\", \"clusterIP\": \"10.96.0.51\","
                        + " \"ports\": [{\"protocol\": \"TCP\", \"port\": 80}]}}",
                name,
                version);
    }

    static String[] services(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> service("web" + i, 5))
                .collect(Collectors.toList())
                .toArray(String[]::new);
    }

    static String event(String type, String object) {
        return "{\"type\": \"" + type + "\", \"object\": " + object + "}\n";
    }

    static String bookmark(long version) {
        return event("BOOKMARK", "{\"metadata\": {\"resourceVersion\": \"" + version + "\"}}");
    }

    static String status(int code) {
        return "{\"kind\": \"Status\", \"status\": \"Failure\", \"message\": \"said so\", \"code\": " + code + "}";
    }

    @Override
    public void close() {
        source.close();
        connection.close();
        server.close();
        log.detachAppender(appender);
    }
}
