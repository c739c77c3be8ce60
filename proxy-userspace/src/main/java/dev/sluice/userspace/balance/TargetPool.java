package dev.sluice.userspace.balance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Endpoints that share traffic, with their weights, all at least 1. Immutable: a change makes a new pool. */
public final class TargetPool {
    public static final TargetPool EMPTY = new TargetPool(List.of(), new int[0], false);
    /** The longest round of turns; weights that would need more lose precision. */
    private static final int MOST_TURNS = 4096;

    private final Target[] targets;
    private final int[] weights;
    private final boolean uniform;
    /** Indexes of targets, each as often as its weight says. */
    private final int[] turns;

    private TargetPool(List<Target> targets, int[] weights, boolean weighted) {
        this.targets = targets.toArray(Target[]::new);
        this.weights = weights;
        uniform = Arrays.stream(weights).distinct().count() <= 1;
        turns = turns(weighted && !uniform ? reduced(weights) : new int[0], weights.length);
    }

    /**
     * A pool of {@code targets}.
     *
     * @param weights of the targets, in their order; targets of weight 0 are left out
     * @param weighted whether turns follow the weights
     */
    public static TargetPool of(List<Target> targets, List<Integer> weights, boolean weighted) {
        List<Target> taking = new ArrayList<>();
        List<Integer> positive = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            if (weights.get(i) > 0) {
                taking.add(targets.get(i));
                positive.add(weights.get(i));
            }
        }
        return taking.isEmpty()
                ? EMPTY
                : new TargetPool(
                        taking, positive.stream().mapToInt(Integer::intValue).toArray(), weighted);
    }

    public int size() {
        return targets.length;
    }

    public boolean isEmpty() {
        return targets.length == 0;
    }

    public Target target(int index) {
        return targets[index];
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

    /** The index of the target whose turn {@code number} is. */
    int turn(int number) {
        return turns[number];
    }

    /** The target of that key, null when the pool has none. */
    public @Nullable Target find(Target.Key key) {
        for (Target target : targets) {
            if (target.key().equals(key)) {
                return target;
            }
        }
        return null;
    }

    /** The number of targets that take connections at {@code now}. */
    int admitting(long now) {
        int count = 0;
        for (Target target : targets) {
            count += target.admits(now) ? 1 : 0;
        }
        return count;
    }

    /** The same ratio in small numbers. */
    private static int[] reduced(int[] weights) {
        int common = Arrays.stream(weights).reduce(0, TargetPool::gcd);
        long sum = Arrays.stream(weights).asLongStream().sum() / common;
        long most = Math.max(MOST_TURNS, weights.length);
        return Arrays.stream(weights)
                .map(w -> sum <= most ? w / common : (int) Math.max(1, (long) w / common * most / sum))
                .toArray();
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    /** Turns spread as evenly as whole numbers allow: the k-th turn of a target of weight w stands at (k + 1/2) / w. */
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
