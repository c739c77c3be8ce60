package dev.sluice.daemon.repair;

import dev.sluice.core.net.IpFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Rules that somebody else had changed are as they were.
 *
 * @param by who changed them, as far as the kernel tells
 * @param written the chains that were written, by table, each with the number of rules added or deleted
 * @param took from the notice until the rules were in force again
 */
public record Repair(IpFamily family, String by, Map<String, Map<String, Integer>> written, Duration took) {
    private static final int NAMED_CHAINS = 4;

    public Repair {
        Map<String, Map<String, Integer>> copy = new TreeMap<>();
        written.forEach((table, chains) -> copy.put(table, new TreeMap<>(chains)));
        written = copy;
    }

    /** Hears of repairs, on the sync thread. */
    @FunctionalInterface
    public interface Listener {
        void repaired(Repair repair);
    }

    /** The number of rules that were added or deleted. */
    public int rules() {
        return written.values().stream()
                .flatMap(chains -> chains.values().stream())
                .mapToInt(Integer::intValue)
                .sum();
    }

    /** One sentence, e.g. for an Event. */
    public String text() {
        return by + " changed " + family + " rules of the proxy; mended by " + rules()
                + (rules() == 1 ? " line" : " lines") + " in "
                + written.entrySet().stream()
                        .map(table -> table.getKey() + " (" + names(table.getValue()) + ")")
                        .collect(Collectors.joining(", "))
                + ", " + took.toMillis() + " ms after it was noticed";
    }

    private static String names(Map<String, Integer> chains) {
        List<String> named =
                new ArrayList<>(chains.keySet().stream().limit(NAMED_CHAINS).toList());
        if (chains.size() > NAMED_CHAINS) {
            named.add((chains.size() - NAMED_CHAINS) + " more");
        }
        return String.join(", ", named);
    }
}
