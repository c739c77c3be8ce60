// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import dev.sluice.linux.iptables.Iptables.Variant;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Measures iptables mode at several numbers of Services: first sync, one change, first packet. The daemon's tree is
 * compared with a flat list, and both with kube-proxy's way of writing. Arguments: variants and numbers, each separated
 * by blanks or commas, e.g. {@code "nft legacy" "100 1000"}.
 */
public final class IptablesBench {
    private IptablesBench() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("usage: IptablesBench 'VARIANTS' 'SIZES', e.g. 'nft legacy' '100 1000 10000 30000'");
            System.exit(2);
            return;
        }
        List<Integer> sizes = words(arguments[1]).map(Integer::valueOf).sorted().toList();
        long start = System.nanoTime();
        IptablesReport report = new IptablesReport(System.out);
        report.preface();
        boolean complete = true;
        for (String name : words(arguments[0]).toList()) {
            Variant variant = Variant.valueOf(name.toUpperCase(Locale.ROOT));
            for (int services : sizes) {
                complete &= measure(variant, services, report);
            }
        }
        report.print();
        System.out.printf(Locale.ROOT, "%nThe whole took %.0f s.%n", (System.nanoTime() - start) / 1e9);
        System.exit(complete ? 0 : 1);
    }

    /** Returns whether everything could be measured; a failure does not stop the other sizes. */
    private static boolean measure(Variant variant, int services, IptablesReport report) {
        if (variant == Variant.LEGACY && services > Comparison.LARGEST_LEGACY) {
            report.progress("legacy at " + services + ": left out, the variant is measured up to "
                    + Comparison.LARGEST_LEGACY + " Services");
            return true;
        }
        try (Comparison comparison = new Comparison(variant, services, report)) {
            comparison.run();
            return true;
        } catch (IOException | RuntimeException e) {
            report.progress(variant.name().toLowerCase(Locale.ROOT) + " at " + services
                    + " Services could not be measured: " + e);
            e.printStackTrace();
            return false;
        }
    }

    private static Stream<String> words(String list) {
        return new ArrayList<>(List.of(list.split("[ ,]+"))).stream().filter(word -> !word.isEmpty());
    }
}
