package dev.sluice.bench;

import dev.sluice.linux.iptables.Iptables.Variant;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What iptables mode costs at several numbers of Services: first sync, one change, first packet; the daemon's tree beside a flat
 * list, and both beside kube-proxy's way of writing. Arguments: the variants and the numbers, each separated by blanks or
 * commas, e.g. {@code "nft legacy" "100 1000"}.
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
        Report report = new Report(System.out);
        report.preface();
        boolean whole = true;
        for (String name : words(arguments[0]).toList()) {
            Variant variant = Variant.valueOf(name.toUpperCase(Locale.ROOT));
            for (int services : sizes) {
                whole &= measure(variant, services, report);
            }
        }
        report.print();
        System.out.printf(Locale.ROOT, "%nThe whole took %.0f s.%n", (System.nanoTime() - start) / 1e9);
        System.exit(whole ? 0 : 1);
    }

    /** Answers whether everything could be measured; the other sizes are measured anyway. */
    private static boolean measure(Variant variant, int services, Report report) {
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
