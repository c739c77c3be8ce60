// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.repair;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A repair: rules that another program had changed are as before.
 *
 * @param by the program that changed them, as far as the kernel reports it
 * @param written the chains that were written, each with the number of rules added or deleted, and what else was
 *     repaired
 * @param took from the notice until the rules were in force again
 */
public record Repair(IpFamily family, String by, Map<KernelObject, Integer> written, Duration took) {
    private static final int NAMED_CHAINS = 4;

    public Repair {
        written = Map.copyOf(written);
    }

    /** Notified of repairs, on the sync thread. */
    @FunctionalInterface
    public interface Listener {
        void repaired(Repair repair);
    }

    /** The number of rules that were added or deleted. */
    public int rules() {
        return written.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The tables and other kinds of what was repaired, each with the names in it, sorted. */
    public Map<String, List<String>> namesByKind() {
        return written.keySet().stream()
                .sorted()
                .collect(Collectors.groupingBy(
                        KernelObject::kind,
                        TreeMap::new,
                        Collectors.mapping(KernelObject::name, Collectors.toUnmodifiableList())));
    }

    /** One sentence, e.g. for an Event. */
    public String text() {
        return by + " changed " + family + " rules of the proxy; repaired by " + rules()
                + (rules() == 1 ? " line" : " lines") + " in "
                + namesByKind().entrySet().stream()
                        .map(kind -> kind.getKey() + " (" + shortened(kind.getValue()) + ")")
                        .collect(Collectors.joining(", "))
                + ", " + took.toMillis() + " ms after it was noticed";
    }

    private static String shortened(List<String> names) {
        String first = String.join(", ", names.subList(0, Math.min(names.size(), NAMED_CHAINS)));
        return names.size() <= NAMED_CHAINS ? first : first + ", " + (names.size() - NAMED_CHAINS) + " more";
    }
}
