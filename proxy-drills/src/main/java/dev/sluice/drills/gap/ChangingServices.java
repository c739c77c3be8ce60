// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.core.net.IpFamily;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** The choice of the next change, the same for the same seed. */
final class ChangingServices {
    private static final List<String> PODS = List.of("a2", "a4", "a5", "b2", "b3", "b4");
    private static final int STEADY = 1;
    private static final int STEADY_END = 6;
    private static final int MOVING = 11;
    private static final int MOVING_END = 19;
    private static final int EXPOSED_NOW_AND_THEN = 21;
    private static final int BLINKING = 31;
    private static final int COMING = 41;
    private static final int COMING_END = 49;
    private static final int CROWD = 256;

    private final IpFamily family;
    private final Random random;
    private final int many;

    ChangingServices(IpFamily family, long seed, int many) {
        this.family = family;
        this.random = new Random(seed);
        this.many = many;
    }

    Map<Integer, WatchedService> first() {
        Map<Integer, WatchedService> all = new TreeMap<>();
        for (int i = STEADY; i < STEADY_END; i++) {
            put(all, service(i, PODS.subList(0, i)).exposed(i % 2 == 1));
        }
        for (int i = MOVING; i < MOVING_END; i++) {
            put(all, service(i, somePods()).exposed(i % 2 == 1));
        }
        put(all, service(EXPOSED_NOW_AND_THEN, List.of("a2", "b2")));
        put(all, service(BLINKING, List.of("b2")));
        return all;
    }

    /** The Services after one change of {@code now}. */
    Map<Integer, WatchedService> next(Map<Integer, WatchedService> now) {
        Map<Integer, WatchedService> next = new TreeMap<>(now);
        int dice = random.nextInt(20);
        if (dice < 8) {
            move(next, 1);
        } else if (dice < 10) {
            move(next, 3);
        } else if (dice < 12) {
            blink(next);
        } else if (dice < 14) {
            WatchedService service = service(next, EXPOSED_NOW_AND_THEN);
            put(next, service.exposed(!service.exposed()));
        } else if (dice < 17) {
            comeOrGo(next);
        } else {
            crowd(next);
        }
        return next;
    }

    /** Whether connections are made to it: only to every fiftieth Service of the crowd. */
    boolean isCalled(WatchedService service) {
        return !isOfCrowd(service) || service.number() % 50 == 0;
    }

    boolean blinks(WatchedService service) {
        return service.number() == BLINKING;
    }

    boolean isOfCrowd(WatchedService service) {
        return service.number() >= CROWD;
    }

    private void move(Map<Integer, WatchedService> next, int times) {
        for (int i = 0; i < times; i++) {
            WatchedService service = service(next, MOVING + random.nextInt(MOVING_END - MOVING));
            put(next, service.on(Set.copyOf(somePods())));
        }
    }

    private void blink(Map<Integer, WatchedService> next) {
        WatchedService service = service(next, BLINKING);
        put(next, service.on(service.pods().isEmpty() ? Set.copyOf(somePods()) : Set.of()));
    }

    private void comeOrGo(Map<Integer, WatchedService> next) {
        int number = COMING + random.nextInt(COMING_END - COMING);
        if (next.remove(number) == null) {
            put(next, service(number, somePods()).exposed(random.nextBoolean()));
        }
    }

    /** Adds the crowd in thirds and removes it at once, which splits and merges the chains of their addresses. */
    private void crowd(Map<Integer, WatchedService> next) {
        int size = (int) next.keySet().stream().filter(n -> n >= CROWD).count();
        if (size >= many) {
            next.keySet().removeIf(n -> n >= CROWD);
            return;
        }
        int wanted = Math.min(many, size + Math.max(1, many / 3));
        for (int i = size; i < wanted; i++) {
            put(next, service(CROWD + i, List.of(PODS.get(i % PODS.size()))));
        }
    }

    private List<String> somePods() {
        List<String> pods = new ArrayList<>(PODS);
        Collections.shuffle(pods, random);
        return pods.subList(0, 1 + random.nextInt(3));
    }

    private WatchedService service(int number, List<String> pods) {
        return WatchedService.inside(number, family, Set.copyOf(pods));
    }

    private static WatchedService service(Map<Integer, WatchedService> all, int number) {
        WatchedService service = all.get(number);
        if (service == null) {
            throw new IllegalStateException("no Service " + number);
        }
        return service;
    }

    private static void put(Map<Integer, WatchedService> all, WatchedService service) {
        all.put(service.number(), service);
    }
}
