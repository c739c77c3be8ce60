// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import dev.sluice.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Endpoints that share traffic, with their weights, all at least 1. Immutable: a change makes a new pool. */
public final class UpstreamPool {
    public static final UpstreamPool EMPTY = new UpstreamPool(List.of(), new int[0], false);
    /** The longest round of turns; weights that would need more lose precision. */
    private static final int MOST_TURNS = 4096;

    private final Upstream[] upstreams;
    private final int[] weights;
    private final boolean uniform;
    /** Indexes of upstreams, each as often as its weight says. */
    private final int[] turns;

    private UpstreamPool(List<Upstream> upstreams, int[] weights, boolean weighted) {
        this.upstreams = upstreams.toArray(Upstream[]::new);
        this.weights = weights;
        uniform = Arrays.stream(weights).distinct().count() <= 1;
        turns = turns(weighted && !uniform ? reduced(weights) : new int[0], weights.length);
    }

    /**
     * A pool of {@code upstreams}.
     *
     * @param weights of the upstreams, in their order; upstreams of weight 0 are left out
     * @param weighted whether turns follow the weights
     */
    public static UpstreamPool of(List<Upstream> upstreams, List<Integer> weights, boolean weighted) {
        List<Upstream> taking = new ArrayList<>();
        List<Integer> positive = new ArrayList<>();
        for (int i = 0; i < upstreams.size(); i++) {
            if (weights.get(i) > 0) {
                taking.add(upstreams.get(i));
                positive.add(weights.get(i));
            }
        }
        return taking.isEmpty()
                ? EMPTY
                : new UpstreamPool(
                        taking, positive.stream().mapToInt(Integer::intValue).toArray(), weighted);
    }

    public int size() {
        return upstreams.length;
    }

    public boolean isEmpty() {
        return upstreams.length == 0;
    }

    public Upstream upstream(int index) {
        return upstreams[index];
    }

    public int weight(int index) {
        return weights[index];
    }

    /** Whether all weights are the same. */
    public boolean isUniform() {
        return uniform;
    }

    /** The number of turns of a round. */
    int turns() {
        return turns.length;
    }

    /** The index of the upstream whose turn {@code number} is. */
    int turn(int number) {
        return turns[number];
    }

    /** The upstream of that key, null when the pool has none. */
    public @Nullable Upstream find(SocketAddress key) {
        for (Upstream upstream : upstreams) {
            if (upstream.key().equals(key)) {
                return upstream;
            }
        }
        return null;
    }

    /** The number of upstreams that take connections at {@code now}, with those skipped that {@code skips} names. */
    int admitting(Skips skips, long now) {
        int count = 0;
        for (Upstream upstream : upstreams) {
            count += skips.admits(upstream, now) ? 1 : 0;
        }
        return count;
    }

    /** The same ratio in small numbers. */
    private static int[] reduced(int[] weights) {
        int common = Arrays.stream(weights).reduce(0, UpstreamPool::gcd);
        long sum = Arrays.stream(weights).asLongStream().sum() / common;
        long most = Math.max(MOST_TURNS, weights.length);
        return Arrays.stream(weights)
                .map(w -> sum <= most ? w / common : (int) Math.max(1, (long) w / common * most / sum))
                .toArray();
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /**
     * Turns spread as evenly as whole numbers allow: the k-th turn of an upstream of weight w stands at (k + 1/2) / w.
     */
    private static int[] turns(int[] weights, int size) {
        if (weights.length == 0) {
            int[] inOrder = new int[size];
            Arrays.setAll(inOrder, i -> i);
            return inOrder;
        }
        record Place(double at, int index, int taken) {}
        PriorityQueue<Place> next =
                new PriorityQueue<>(Comparator.comparingDouble(Place::at).thenComparingInt(Place::index));
        for (int i = 0; i < weights.length; i++) {
            next.add(new Place(0.5 / weights[i], i, 0));
        }
        int[] order = new int[Arrays.stream(weights).sum()];
        for (int i = 0; i < order.length; i++) {
            Place place = next.remove();
            order[i] = place.index();
            int taken = place.taken() + 1;
            next.add(new Place((taken + 0.5) / weights[place.index()], place.index(), taken));
        }
        return order;
    }
}
