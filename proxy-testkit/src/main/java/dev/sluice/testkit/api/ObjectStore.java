// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The objects of a {@link FakeApi}, their history, and who watches it. Objects are any text. */
final class ObjectStore {
    /** Ends a watch. */
    static final String END = "end";

    private final Map<String, Map<String, String>> objects = new HashMap<>();
    private final Map<String, List<BlockingQueue<String>>> watches = new HashMap<>();
    private final List<Event> history = new ArrayList<>();
    private long version;
    private long oldest;

    private record Event(long version, String plural, String line) {}

    ObjectStore(long version) {
        this.version = version;
        this.oldest = version;
    }

    synchronized void put(String plural, String key, String json) {
        version++;
        String object = json.replace("VERSION", String.valueOf(version));
        boolean known = of(plural).put(key, object) != null;
        emit(plural, known ? "MODIFIED" : "ADDED", object);
    }

    synchronized void remove(String plural, String key) {
        String last = of(plural).remove(key);
        if (last != null) {
            version++;
            String now = "$1\"" + version + "\"";
            emit(plural, "DELETED", last.replaceFirst("(\"resourceVersion\":\\s*)\"\\d+\"", now));
        }
    }

    synchronized @Nullable String get(String plural, String key) {
        return of(plural).get(key);
    }

    /** A page of a list that begins after the first {@code from} objects; 0 is no limit. */
    synchronized String list(String plural, Predicate<String> keys, int limit, int from) {
        List<String> all = of(plural).entrySet().stream()
                .filter(entry -> keys.test(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        int to = limit == 0 ? all.size() : Math.min(all.size(), from + limit);
        String more = to < all.size() ? ", \"continue\": \"" + to + "\"" : "";
        return "{" + listType(plural) + ", \"metadata\": {\"resourceVersion\": \"" + version + "\"" + more
                + "}, \"items\": [" + String.join(",", all.subList(Math.min(from, to), to)) + "]}";
    }

    /** Clients in Go read a list whose type they do not expect as an empty one. */
    private static String listType(String plural) {
        return switch (plural) {
            case "services" -> type("v1", "ServiceList");
            case "nodes" -> type("v1", "NodeList");
            case "endpointslices" -> type("discovery.k8s.io/v1", "EndpointSliceList");
            case "servicecidrs" -> type("networking.k8s.io/v1", "ServiceCIDRList");
            default -> type("v1", "List");
        };
    }

    private static String type(String apiVersion, String kind) {
        return "\"kind\": \"" + kind + "\", \"apiVersion\": \"" + apiVersion + "\"";
    }

    /** Tells the watches of {@code plural} the present version. */
    synchronized void bookmark(String plural) {
        emitRaw(
                plural,
                "{\"type\": \"BOOKMARK\", \"object\": {\"metadata\": {\"resourceVersion\": \"" + version + "\"}}}");
    }

    /** Begins a watch after a version; null when that version is forgotten. */
    synchronized @Nullable BlockingQueue<String> watch(String plural, long from) {
        if (from < oldest) {
            return null;
        }
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        history.stream()
                .filter(event -> event.version > from && event.plural.equals(plural))
                .forEach(event -> events.add(event.line));
        watches.computeIfAbsent(plural, fresh -> new ArrayList<>()).add(events);
        return events;
    }

    synchronized void emitRaw(String plural, String line) {
        watches.getOrDefault(plural, List.of()).forEach(watch -> watch.add(line));
    }

    synchronized boolean isWatched(String plural) {
        return !watches.getOrDefault(plural, List.of()).isEmpty();
    }

    synchronized void unseen(Runnable change) {
        Map<String, List<BlockingQueue<String>>> open = new HashMap<>(watches);
        watches.clear();
        change.run();
        watches.putAll(open);
        oldest = ++version;
    }

    synchronized void goBack(long to) {
        version = to;
        oldest = 0;
        history.clear();
    }

    synchronized void cut() {
        watches.values().forEach(list -> list.forEach(watch -> watch.add(END)));
        watches.clear();
    }

    private void emit(String plural, String type, String json) {
        String line = "{\"type\": \"" + type + "\", \"object\": " + json + "}";
        history.add(new Event(version, plural, line));
        emitRaw(plural, line);
    }

    private Map<String, String> of(String plural) {
        return objects.computeIfAbsent(plural, fresh -> new TreeMap<>());
    }
}
