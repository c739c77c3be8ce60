package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ServiceName;
import dev.sluice.kubernetes.EventSink;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends Events (events.k8s.io/v1) to the API server, in kube-proxy's name, one after the other from a thread of its own. */
public final class ApiEventSink implements EventSink {
    private static final Logger LOG = LoggerFactory.getLogger(ApiEventSink.class);
    private static final int QUEUE = 100;
    private static final Duration SAME_AGAIN = Duration.ofMinutes(10);
    private static final int REMEMBERED = 500;
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final KubernetesClient client;
    private final String nodeName;
    private final ThreadPoolExecutor sender;
    /** When each Event was last sent, oldest first; used by the sender alone. */
    private final Map<String, Instant> sent = new LinkedHashMap<>();

    /**
     * A sink.
     *
     * @param connection stays the caller's to close, after this sink
     * @param nodeName the proxy's own Node
     */
    public ApiEventSink(ApiConnection connection, String nodeName) {
        this.client = connection.client();
        this.nodeName = nodeName;
        this.sender = new ThreadPoolExecutor(
                1,
                1,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(QUEUE),
                Thread.ofPlatform().name("events").daemon().factory());
        sender.allowCoreThreadTimeOut(true);
    }

    @Override
    public void node(Type type, String reason, String action, String note) {
        // the kubelet and kube-proxy use the name in place of the UID
        Map<String, String> regarding = Map.of("apiVersion", "v1", "kind", "Node", "name", nodeName, "uid", nodeName);
        send("default", nodeName, regarding, type, reason, action, note);
    }

    @Override
    public void service(ServiceName service, Type type, String reason, String action, String note) {
        Map<String, String> regarding =
                Map.of("apiVersion", "v1", "kind", "Service", "namespace", service.namespace(), "name", service.name());
        send(service.namespace(), service.name(), regarding, type, reason, action, note);
    }

    @Override
    public void close() {
        sender.shutdown();
        try {
            if (!sender.awaitTermination(1, TimeUnit.SECONDS)) {
                sender.shutdownNow();
            }
        } catch (InterruptedException e) {
            sender.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private void send(
            String namespace,
            String name,
            Map<String, String> regarding,
            Type type,
            String reason,
            String action,
            String note) {
        try {
            sender.execute(() -> post(namespace, name, regarding, type, reason, action, note));
        } catch (RejectedExecutionException e) {
            LOG.debug("Event {} about {} dropped: too many are waiting", reason, name);
        }
    }

    private void post(
            String namespace,
            String name,
            Map<String, String> regarding,
            Type type,
            String reason,
            String action,
            String note) {
        Instant now = Instant.now();
        if (!isDue(namespace + "/" + name + "/" + reason + "/" + note, now)) {
            return;
        }
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("apiVersion", "events.k8s.io/v1");
        event.put("kind", "Event");
        event.put("metadata", Map.of("namespace", namespace, "name", name + "." + Long.toHexString(nanos(now))));
        event.put("eventTime", MICROS.format(now));
        event.put("reportingController", "kube-proxy");
        event.put("reportingInstance", "kube-proxy-" + nodeName);
        event.put("type", type.label());
        event.put("reason", reason);
        event.put("action", action);
        event.put("note", note);
        event.put("regarding", regarding);
        try {
            client.raw("/apis/events.k8s.io/v1/namespaces/" + namespace + "/events", "POST", event);
        } catch (KubernetesClientException e) {
            LOG.debug("Event {} about {} could not be sent", reason, name, e);
        }
    }

    private boolean isDue(String what, Instant now) {
        Instant before = sent.get(what);
        if (before != null && before.plus(SAME_AGAIN).isAfter(now)) {
            return false;
        }
        sent.remove(what);
        sent.put(what, now);
        if (sent.size() > REMEMBERED) {
            sent.remove(sent.keySet().iterator().next());
        }
        return true;
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }
}
